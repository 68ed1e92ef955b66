# SPDX-License-Identifier: Apache-2.0
# technique: A log is moved away
# alert: Log file cleared
# field: fs.path.source=/var/log/syslog
echo x >> /var/log/syslog; mv /var/log/syslog /var/log/x
