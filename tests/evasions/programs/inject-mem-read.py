# SPDX-License-Identifier: Apache-2.0
# technique: The memory of another process is read as a file
# alert: Memory of a process read through /proc
# field: fd.name=/proc/*/mem
import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)
text = ctypes.create_string_buffer(b"some memory")
pid = os.fork()
if pid == 0:
    signal.pause()
os.close(os.open(f"/proc/{pid}/mem", os.O_RDONLY))
os.kill(pid, signal.SIGKILL)
