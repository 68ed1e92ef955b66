# SPDX-License-Identifier: Apache-2.0
# technique: A job of cron is made
# alert: Scheduled job changed
# field: fd.name=/etc/cron.d/x
mkdir -p /etc/cron.d; echo "* * * * * root true" > /etc/cron.d/x
