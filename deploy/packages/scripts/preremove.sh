#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Before the removal. Debian passes `remove` or `upgrade`, RPM the number of versions that stay.
set -e
case $1 in
remove | 0)
  if [ -d /run/systemd/system ]; then
    systemctl --no-reload disable --now tiercel.service
  fi
  find /usr/lib/tiercel -depth -type d -name __pycache__ -exec rm -rf {} +
  ;;
esac
