# SPDX-License-Identifier: Apache-2.0
# technique: mount, with its new calls, binds a folder over a system directory
# alert: Mount tool works on a system directory
# field: proc.args=--bind * /etc/ssl
mkdir x; mount --bind "$PWD/x" /etc/ssl; umount /etc/ssl
