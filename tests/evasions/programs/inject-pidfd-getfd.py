# SPDX-License-Identifier: Apache-2.0
# technique: A descriptor of another process is copied
# alert: Descriptor of another process taken
# field: evt.arg.target_fd=*
import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)
text = ctypes.create_string_buffer(b"some memory")
pid = os.fork()
if pid == 0:
    signal.pause()
assert libc.syscall(438, os.pidfd_open(pid), 1, 0) >= 0
os.kill(pid, signal.SIGKILL)
