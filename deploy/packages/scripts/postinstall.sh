#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# After the installation, of Debian's and of RPM packages alike. The service is not enabled: `systemctl enable --now tiercel`.
set -e
/usr/bin/python3 -I -m compileall -q /usr/lib/tiercel || :
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart tiercel.service
fi
