# SPDX-License-Identifier: Apache-2.0
# technique: The metadata service is contacted (its address on this loopback)
# alert: Metadata service of a cloud reached
# field: fd.name=*->169.254.169.254:80
import contextlib
import fcntl
import socket
import struct

address = struct.pack("16sH2s4s8x", b"lo:2", socket.AF_INET, b"", socket.inet_aton("169.254.169.254"))
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8916, address)
server = socket.create_server(("169.254.169.254", 80))
with contextlib.closing(socket.create_connection(("169.254.169.254", 80))):
    pass
