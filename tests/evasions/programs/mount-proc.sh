# SPDX-License-Identifier: Apache-2.0
# technique: A process is hidden by a mount over its folder
# alert: Mount tool works on a system directory
# field: proc.args=*/proc/*
mkdir x; mount --bind "$PWD/x" /proc/$$; umount /proc/$$
