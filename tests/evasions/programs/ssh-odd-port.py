# SPDX-License-Identifier: Apache-2.0
# technique: A program named ssh connects to the port of HTTPS
# alert: SSH connection to a port of another service
# field: fd.name=*->192.0.2.1:443
import os
import pathlib
import shutil
import socket
import subprocess

server = socket.create_server((os.environ["ADDRESS"], 443))
pathlib.Path("x.c").write_text(
    """
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
int main(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(443)};
    inet_aton(getenv("ADDRESS"), &a.sin_addr);
    return connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof(a));
}
"""
)
assert shutil.which("cc")
subprocess.run(["cc", "-o", "ssh", "x.c"], check=True)
subprocess.run(["./ssh"], check=True)
