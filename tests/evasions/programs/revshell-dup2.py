# SPDX-License-Identifier: Apache-2.0
# technique: A socket is duplicated onto standard input, output and error, then a shell starts
# alert: Shell with a connection as standard stream
# field: proc.exepath=*/dash
import os
import socket

server = socket.create_server((os.environ["ADDRESS"], 0))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
peer.sendall(b"exit\n")
for number in range(3):
    os.dup2(client.fileno(), number)
os.execv("/bin/sh", ["sh"])
