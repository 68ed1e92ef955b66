# SPDX-License-Identifier: Apache-2.0
# technique: A log is removed
# alert: Log file cleared
# field: fs.path.name=/var/log/wtmp
touch /var/log/wtmp; rm /var/log/wtmp
