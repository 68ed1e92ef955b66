# SPDX-License-Identifier: Apache-2.0
# technique: A named pipe feeds an interactive shell; a relay would be at the other end
# alert: Interactive shell without a terminal
# field: proc.args=-i
mkfifo pipe
echo exit > pipe &
sh -i < pipe > /dev/null 2>&1
