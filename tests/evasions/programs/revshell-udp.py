# SPDX-License-Identifier: Apache-2.0
# technique: The socket is a connected UDP socket
# alert: Shell with a connection as standard stream
# field: proc.exepath=*/dash
import os
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((os.environ["ADDRESS"], 0))
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect(server.getsockname())
server.sendto(b"exit\n", client.getsockname())
os.dup2(client.fileno(), 0)
os.execv("/bin/sh", ["sh"])
