# SPDX-License-Identifier: Apache-2.0
# technique: A file is opened by its handle, not by its name
# alert: Sensitive file read
# field: fd.name=/etc/shadow
import ctypes
import os
import pathlib
import sys

libc = ctypes.CDLL(None, use_errno=True)
program = pathlib.Path("/bin/true").read_bytes()
libc.mount(b"none", b"/etc", b"tmpfs", 0, None)
pathlib.Path("/etc/shadow").write_bytes(program)
handle = ctypes.create_string_buffer(136)
ctypes.c_uint32.from_buffer(handle).value = 128
mount_id = ctypes.c_int()
assert libc.name_to_handle_at(-100, b"/etc/shadow", handle, ctypes.byref(mount_id), 0) == 0
mount = os.open("/etc", os.O_RDONLY)
fd = libc.open_by_handle_at(mount, handle, os.O_RDONLY)
libc.umount2(b"/etc", 2)
sys.exit(0 if fd >= 0 else os.strerror(ctypes.get_errno()))
