# SPDX-License-Identifier: Apache-2.0
# technique: truncate empties a log
# alert: Log emptied by a tool
# field: proc.args=*/var/log/auth.log
touch /var/log/auth.log; truncate -s 0 /var/log/auth.log
