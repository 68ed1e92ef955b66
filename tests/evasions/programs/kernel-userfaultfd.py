# SPDX-License-Identifier: Apache-2.0
# technique: A program handles page faults itself
# alert: Page faults handled by a program
# field: proc.exepath=*python*
import ctypes

assert ctypes.CDLL(None).syscall(323, 1) >= 0
