# SPDX-License-Identifier: Apache-2.0
# technique: A socket is duplicated onto standard output and no shell starts
# alert: Standard stream redirected to a connection
# field: fd.name=192.0.2.1:*->192.0.2.1:*
import os
import socket

server = socket.create_server((os.environ["ADDRESS"], 0))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
peer.sendall(b"exit\n")
os.dup2(client.fileno(), 1)
