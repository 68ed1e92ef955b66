# SPDX-License-Identifier: Apache-2.0
# technique: A shell empties a log
# alert: Log file cleared
# field: fd.name=/var/log/auth.log
echo x >> /var/log/auth.log; : > /var/log/auth.log
