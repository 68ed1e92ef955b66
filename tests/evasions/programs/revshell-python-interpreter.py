# SPDX-License-Identifier: Apache-2.0
# technique: Python gets a socket as standard input and reads its program from it
# alert: Shell with a connection as standard stream
# field: proc.exepath=*/python3*
import os
import socket
import sys

server = socket.create_server((os.environ["ADDRESS"], 0))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
peer.sendall(b"exit\n")
peer.sendall(b"pass\n")
peer.shutdown(socket.SHUT_WR)
os.dup2(client.fileno(), 0)
os.execv(sys.executable, [sys.executable, "-I", "-S"])
