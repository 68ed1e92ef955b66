# SPDX-License-Identifier: Apache-2.0
# technique: A script in /dev/shm is given to a shell
# alert: Script run from a world-writable directory
# field: proc.args=/dev/shm/x.sh
echo exit > /dev/shm/x.sh; sh /dev/shm/x.sh
