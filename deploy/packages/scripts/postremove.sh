#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# After the removal. Captures and files of alerts go with Debian's `purge` alone; the sensor's user owns them.
set -e
if [ "$1" = purge ]; then
  for place in /var/lib /var/log /var/cache; do
    rm -rf "$place/private/tiercel" "$place/tiercel"
  done
fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
