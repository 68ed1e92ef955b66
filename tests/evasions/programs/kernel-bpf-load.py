# SPDX-License-Identifier: Apache-2.0
# technique: A BPF program is loaded
# alert: BPF program loaded
# field: evt.arg.cmd=BPF_PROG_LOAD
import ctypes
import struct

code = ctypes.create_string_buffer(struct.pack("<Q", 0xB7) + struct.pack("<Q", 0x95))
text = ctypes.create_string_buffer(b"GPL")
attr = struct.pack("<IIQQ", 1, 2, ctypes.addressof(code), ctypes.addressof(text)).ljust(120, b"\0")
assert ctypes.CDLL(None).syscall(321, 5, attr, len(attr)) >= 0
