# SPDX-License-Identifier: Apache-2.0
# Scheduled work: the daily and weekly scripts of this machine, run as cron does, and the daily script of apt
rm -f /etc/cron.daily/apt-compat
for folder in /etc/cron.daily /etc/cron.weekly; do
    [ ! -d $folder ] || run-parts --report $folder || true
done
[ ! -x /usr/lib/apt/apt.systemd.daily ] || /usr/lib/apt/apt.systemd.daily clean || true
