# SPDX-License-Identifier: Apache-2.0
# technique: process_vm_readv reads another process
# alert: Memory of another process read
# field: proc.exepath=*python*
import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)
text = ctypes.create_string_buffer(b"some memory")
pid = os.fork()
if pid == 0:
    signal.pause()


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


vector = Vector(ctypes.addressof(text), 4)
assert libc.process_vm_readv(pid, ctypes.byref(vector), 1, ctypes.byref(vector), 1, 0) == 4
os.kill(pid, signal.SIGKILL)
