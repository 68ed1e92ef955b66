# SPDX-License-Identifier: Apache-2.0
# technique: A cache (a stand-in) starts a shell
# alert: Message broker or cache started a shell
# field: proc.pexepath=*/redis-server
cp /bin/bash redis-server; ./redis-server -c "sh -c exit; true"
