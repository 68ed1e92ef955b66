# SPDX-License-Identifier: Apache-2.0
# technique: An archive takes /etc/shadow along
# alert: Sensitive file archived
# field: proc.exepath=*/tar
tar cf x.tar /etc/shadow 2> /dev/null
