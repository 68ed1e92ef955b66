# SPDX-License-Identifier: Apache-2.0
# technique: creat() makes a file below /etc
# alert: Write below /etc
# field: evt.type=creat
"$PYTHON" -c "import ctypes; assert ctypes.CDLL(None).syscall(85, b\"/etc/made\", 0o600) >= 0"
