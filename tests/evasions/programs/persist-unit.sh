# SPDX-License-Identifier: Apache-2.0
# technique: A unit of systemd is made
# alert: Service or boot script changed
# field: fd.name=/etc/systemd/system/x.service
mkdir -p /etc/systemd/system; echo "[Service]" > /etc/systemd/system/x.service
