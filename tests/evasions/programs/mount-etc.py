# SPDX-License-Identifier: Apache-2.0
# technique: mount(2) puts another file system over a system directory
# alert: File system mounted over a system directory
# field: evt.arg.dir=/etc/ssl
import ctypes

libc = ctypes.CDLL(None)
assert libc.mount(b"none", b"/etc/ssl", b"tmpfs", 0, None) == 0
libc.umount2(b"/etc/ssl", 2)
