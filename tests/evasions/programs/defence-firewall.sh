# SPDX-License-Identifier: Apache-2.0
# technique: The packet filter is emptied (by a stand-in)
# alert: Firewall opened
# field: proc.args=-F
cp /bin/true iptables; ./iptables -F
