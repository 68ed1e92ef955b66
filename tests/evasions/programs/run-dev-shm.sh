# SPDX-License-Identifier: Apache-2.0
# technique: A program is copied to /dev/shm and run
# alert: Program run from a device directory
# field: proc.exepath=/dev/shm/x
cp /bin/true /dev/shm/x; /dev/shm/x
