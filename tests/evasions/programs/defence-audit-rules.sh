# SPDX-License-Identifier: Apache-2.0
# technique: A rule of the audit system is removed
# alert: Configuration of a defence changed
# field: fs.path.name=/etc/audit/rules.d/x.rules
mkdir -p /etc/audit/rules.d; touch /etc/audit/rules.d/x.rules; rm /etc/audit/rules.d/x.rules
