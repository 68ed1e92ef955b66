# SPDX-License-Identifier: Apache-2.0
# technique: The shell is a copy with the name of a service
# alert: Standard stream redirected to a connection
# field: fd.name=192.0.2.1:*
import os
import shutil
import socket

server = socket.create_server((os.environ["ADDRESS"], 0))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
peer.sendall(b"exit\n")
shutil.copy("/bin/sh", "systemd-logind")
os.dup2(client.fileno(), 0)
os.execv("./systemd-logind", ["systemd-logind"])
