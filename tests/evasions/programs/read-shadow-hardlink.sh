# SPDX-License-Identifier: Apache-2.0
# technique: A hard link to /etc/shadow is made
# alert: Hard link to a sensitive file
# field: fs.path.target=/etc/shadow
touch /etc/shadow; ln /etc/shadow /etc/harmless
