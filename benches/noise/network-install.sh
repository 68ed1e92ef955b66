# SPDX-License-Identifier: Apache-2.0
# apt: packages with services, users and certificates fetched, installed and purged (cron, logrotate, nginx, openssh-server, sudo, rsyslog)
apt-get update -q
apt-get install -qy --no-install-recommends cron logrotate nginx-light openssh-server sudo rsyslog
logrotate -f /etc/logrotate.conf
nginx -t
sudo -n true || true
visudo -c
crontab -l || true
apt-get purge -qy nginx-light openssh-server rsyslog
