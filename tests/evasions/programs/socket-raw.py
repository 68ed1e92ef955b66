# SPDX-License-Identifier: Apache-2.0
# technique: A raw socket sends packets of its own making
# alert: Raw or packet socket made
# field: evt.arg.domain=*AF_INET*
import socket

socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP).close()
