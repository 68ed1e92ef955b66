# SPDX-License-Identifier: Apache-2.0
# technique: A link in the home directory leads to a program in /dev/shm
# alert: Program run from a device directory
# field: proc.exepath=/dev/shm/y
cp /bin/true /dev/shm/y; ln -s /dev/shm/y harmless; ./harmless
