# SPDX-License-Identifier: Apache-2.0
# technique: A link in /usr/local/bin leads to a program in /var/tmp
# alert: Program run from a world-writable directory
# field: proc.exepath=/var/tmp/x2
cp /bin/true /var/tmp/x2; ln -s /var/tmp/x2 /usr/local/bin/x2; x2
