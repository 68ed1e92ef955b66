# SPDX-License-Identifier: Apache-2.0
# technique: A fork of a fork reads /etc/shadow after its parents have ended
# alert: Sensitive file read
# field: proc.exepath=*python*
import os

reading, writing = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid()
        open("/etc/shadow").close()
        os.write(writing, b"x")
    os._exit(0)
os.wait()
os.read(reading, 1)
