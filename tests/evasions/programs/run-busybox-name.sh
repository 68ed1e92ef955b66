# SPDX-License-Identifier: Apache-2.0
# technique: A program takes the name of a system program by argv[0]
# alert: Program run from a device directory
# field: proc.exepath=/dev/shm/z
cp /bin/true /dev/shm/z; exec -a /usr/sbin/sshd /dev/shm/z
