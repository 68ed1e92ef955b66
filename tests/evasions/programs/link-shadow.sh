# SPDX-License-Identifier: Apache-2.0
# technique: A symbolic link to /etc/shadow is made
# alert: Symbolic link to a sensitive file
# field: fs.path.target=/etc/shadow
ln -s /etc/shadow x
