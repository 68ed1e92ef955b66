# SPDX-License-Identifier: Apache-2.0
# technique: A packet socket sees all traffic
# alert: Raw or packet socket made
# field: evt.arg.domain=*AF_PACKET*
import socket

socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
