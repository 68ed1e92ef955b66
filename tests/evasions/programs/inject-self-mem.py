# SPDX-License-Identifier: Apache-2.0
# technique: A process writes its own code through /proc/self/mem
# alert: Memory of a process written through /proc
# field: fd.name_requested=/proc/self/mem
import os

os.close(os.open("/proc/self/mem", os.O_RDWR))
