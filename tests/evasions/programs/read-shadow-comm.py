# SPDX-License-Identifier: Apache-2.0
# technique: A process renames itself to sshd and reads /etc/shadow
# alert: Sensitive file read
# field: proc.exepath=*python*
import ctypes

ctypes.CDLL(None).prctl(15, b"sshd", 0, 0, 0)
open("/etc/shadow").close()
