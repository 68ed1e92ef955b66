# SPDX-License-Identifier: Apache-2.0
# technique: A table of jobs is put below /var/spool/cron
# alert: Scheduled job changed
# field: fd.name=/var/spool/cron/crontabs/root
mkdir -p /var/spool/cron/crontabs; echo "* * * * * true" > /var/spool/cron/crontabs/root
