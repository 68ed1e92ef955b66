# SPDX-License-Identifier: Apache-2.0
# technique: The audit daemon is stopped (by a stand-in for systemctl)
# alert: Defence stopped
# field: proc.args=stop auditd
cp /bin/true systemctl; ./systemctl stop auditd
