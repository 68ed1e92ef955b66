# SPDX-License-Identifier: Apache-2.0
# technique: A rule of udev is renamed into place
# alert: Service or boot script changed
# field: fs.path.target=/etc/udev/rules.d/x.rules
mkdir -p /etc/udev/rules.d; echo > /etc/udev/x; mv /etc/udev/x /etc/udev/rules.d/x.rules
