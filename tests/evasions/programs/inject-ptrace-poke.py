# SPDX-License-Identifier: Apache-2.0
# technique: Memory of a traced process is changed
# alert: Code or registers changed with ptrace
# field: evt.arg.request=PTRACE_POKE*
import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)
text = ctypes.create_string_buffer(b"some memory")
pid = os.fork()
if pid == 0:
    signal.pause()
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
assert libc.ptrace(16, pid, None, None) == 0
os.waitpid(pid, 0)
assert libc.ptrace(5, pid, ctypes.addressof(text), 0) == 0
os.kill(pid, signal.SIGKILL)
