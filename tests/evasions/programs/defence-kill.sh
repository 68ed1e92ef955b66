# SPDX-License-Identifier: Apache-2.0
# technique: The log daemon is killed (by a name that no process has)
# alert: Defence stopped
# field: proc.exepath=*/pkill
cp /bin/true pkill; ./pkill -9 rsyslogd
