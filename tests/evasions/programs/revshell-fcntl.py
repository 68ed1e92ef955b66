# SPDX-License-Identifier: Apache-2.0
# technique: F_DUPFD puts a socket onto standard input, then a shell starts
# alert: Standard stream redirected to a connection
# field: evt.type=fcntl
import fcntl
import os
import socket

server = socket.create_server((os.environ["ADDRESS"], 0))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
peer.sendall(b"exit\n")
os.close(0)
assert fcntl.fcntl(client.fileno(), fcntl.F_DUPFD, 0) == 0
os.execv("/bin/sh", ["sh"])
