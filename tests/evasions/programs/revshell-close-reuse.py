# SPDX-License-Identifier: Apache-2.0
# technique: Standard input is closed, a new socket gets its number, then a shell starts: no dup
# alert: Shell with a connection as standard stream
# field: proc.stdin.name=192.0.2.1:*->192.0.2.1:*
import os
import socket

server = socket.create_server((os.environ["ADDRESS"], 0))
os.close(0)
client = socket.create_connection(server.getsockname())
assert client.fileno() == 0
peer, _ = server.accept()
peer.sendall(b"exit\n")
os.set_inheritable(0, True)
os.execv("/bin/sh", ["sh"])
