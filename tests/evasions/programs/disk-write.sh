# SPDX-License-Identifier: Apache-2.0
# technique: A disk is opened for writing (a file in its place)
# alert: Disk opened for writing
# field: fd.name=/dev/sda
unshare -m --propagation unchanged sh -c "mount -t tmpfs none /dev; : > /dev/sda"
