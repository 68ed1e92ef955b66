# SPDX-License-Identifier: Apache-2.0
# technique: /proc/self/root leads to /etc/shadow
# alert: Sensitive file read
# field: proc.exepath=*/head
head -1 /proc/self/root/etc/shadow > /dev/null
