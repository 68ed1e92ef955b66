# SPDX-License-Identifier: Apache-2.0
# technique: A symbolic link leads to /etc/shadow
# alert: Sensitive file read
# field: fd.name=/etc/shadow
ln -s /etc/shadow x; cat x > /dev/null
