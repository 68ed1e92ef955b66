# SPDX-License-Identifier: Apache-2.0
# technique: A desktop file starts a program at login
# alert: Start-up file of a user changed
# field: fd.name=/root/.config/autostart/x.desktop
mkdir -p /root/.config/autostart; echo > /root/.config/autostart/x.desktop
