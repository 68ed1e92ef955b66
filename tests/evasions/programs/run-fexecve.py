# SPDX-License-Identifier: Apache-2.0
# technique: A program is run by its descriptor with fexecve
# alert: Program started by its descriptor
# field: proc.exepath=*
import os
import shutil

shutil.copy("/bin/true", "x")
fd = os.open("x", os.O_RDONLY)
os.set_inheritable(fd, True)
os.unlink("x")
os.execve(fd, ["harmless"], {**os.environ})
