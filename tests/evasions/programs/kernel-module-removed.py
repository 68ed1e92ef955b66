# SPDX-License-Identifier: Apache-2.0
# technique: A module is removed (with a name that does not exist)
# alert: Kernel module removed
# field: evt.arg.name=no_such_module
import ctypes

ctypes.CDLL(None).syscall(176, b"no_such_module", 0)
