# SPDX-License-Identifier: Apache-2.0
# Log rotation: as logrotate does without it (rename, create, gzip, chmod), journal files removed by age
mkdir -p /var/log/app
for n in 1 2 3; do echo line >> /var/log/app/app.log; done
mv /var/log/app/app.log /var/log/app/app.log.1
: > /var/log/app/app.log && chmod 640 /var/log/app/app.log && chown root:adm /var/log/app/app.log
gzip -f /var/log/app/app.log.1
find /var/log/app -name '*.gz' -mtime +7 -delete
[ ! -x /usr/sbin/logrotate ] || logrotate -f /etc/logrotate.conf
