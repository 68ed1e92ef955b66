# SPDX-License-Identifier: Apache-2.0
# technique: openat2 opens /etc/shadow relative to a descriptor of /etc
# alert: Sensitive file read
# field: evt.path_binding=*
import ctypes
import os
import struct

folder = os.open("/etc", os.O_PATH)
assert ctypes.CDLL(None).syscall(437, folder, b"shadow", struct.pack("QQQ", 0, 0, 0), 24) >= 0
