# SPDX-License-Identifier: Apache-2.0
# technique: A file is linked into /etc/sudoers.d
# alert: Account file changed
# field: fs.path.source=/etc/sudoers.d/evil
mkdir -p /etc/sudoers.d; echo x > /tmp/evil; ln -s /tmp/evil /etc/sudoers.d/evil
