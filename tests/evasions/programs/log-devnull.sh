# SPDX-License-Identifier: Apache-2.0
# technique: A log becomes a link to /dev/null
# alert: Log emptied by a tool
# field: proc.args=*/dev/null /var/log/wtmp
ln -sf /dev/null /var/log/wtmp
