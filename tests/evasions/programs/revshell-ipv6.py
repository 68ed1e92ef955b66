# SPDX-License-Identifier: Apache-2.0
# technique: The connection is an IPv6 one
# alert: Shell with a connection as standard stream
# field: proc.stdin.name=*::1*
import os
import socket

server = socket.create_server(("::1", 0), family=socket.AF_INET6)
client = socket.create_connection(server.getsockname()[:2])
peer, _ = server.accept()
peer.sendall(b"exit\n")
os.dup2(client.fileno(), 0)
os.execv("/bin/sh", ["sh"])
