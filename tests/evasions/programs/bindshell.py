# SPDX-License-Identifier: Apache-2.0
# technique: A listening program gives an accepted connection to a shell
# alert: Shell with a connection as standard stream
# field: proc.stdin.name=192.0.2.1:*
import os
import socket

server = socket.create_server((os.environ["ADDRESS"], 0))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
peer.sendall(b"exit\n")
client.sendall(b"exit\n")
os.dup2(peer.fileno(), 0)
os.execv("/bin/sh", ["sh"])
