# SPDX-License-Identifier: Apache-2.0
# technique: A script in memory is run by an interpreter
# alert: Script read from a descriptor
# field: proc.exepath=*/dash
import os

fd = os.memfd_create("x", 0)
os.write(fd, b"exit 0\n")
os.execv("/bin/sh", ["sh", f"/proc/self/fd/{fd}"])
