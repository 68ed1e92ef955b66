# SPDX-License-Identifier: Apache-2.0
# technique: A module is loaded from memory (bytes that are no module)
# alert: Kernel module loaded
# field: evt.res=E*
import ctypes

ctypes.CDLL(None).syscall(175, b"none", 4, b"")
