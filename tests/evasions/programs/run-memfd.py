# SPDX-License-Identifier: Apache-2.0
# technique: A program is run from memory
# alert: Program run from memory
# field: proc.exepath=*memfd:x*
import os
import pathlib

fd = os.memfd_create("x", 0)
os.write(fd, pathlib.Path("/bin/true").read_bytes())
os.execve(fd, ["true"], {**os.environ})
