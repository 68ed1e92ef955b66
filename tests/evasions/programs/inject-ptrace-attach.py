# SPDX-License-Identifier: Apache-2.0
# technique: A process attaches itself to another
# alert: Process attached with ptrace
# field: evt.arg.request=PTRACE_SEIZE
import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)
text = ctypes.create_string_buffer(b"some memory")
pid = os.fork()
if pid == 0:
    signal.pause()
assert libc.ptrace(0x4206, pid, None, None) == 0
os.kill(pid, signal.SIGKILL)
