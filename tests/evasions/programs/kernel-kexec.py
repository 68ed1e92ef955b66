# SPDX-License-Identifier: Apache-2.0
# technique: Another kernel is loaded (with descriptors that do not exist)
# alert: Kernel replaced while it runs
# field: evt.type=kexec_file_load
import ctypes

ctypes.CDLL(None).syscall(320, -1, -1, 0, None, 0)
