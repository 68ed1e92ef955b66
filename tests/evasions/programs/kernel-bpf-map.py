# SPDX-License-Identifier: Apache-2.0
# technique: A BPF map of another process is taken by its id (one that does not exist)
# alert: BPF object of another process taken
# field: evt.arg.cmd=BPF_MAP_GET_FD_BY_ID
import ctypes
import struct

ctypes.CDLL(None).syscall(321, 14, struct.pack("<I", 0xFFFFFFFF).ljust(120, b"\0"), 120)
