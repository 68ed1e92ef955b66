# SPDX-License-Identifier: Apache-2.0
# technique: A library in memory is opened by its descriptor's name
# alert: File in memory opened by name
# field: fd.name=*memfd:lib*
import os

fd = os.memfd_create("lib", 0)
os.write(fd, b"no library")
open(f"/proc/self/fd/{fd}").close()
