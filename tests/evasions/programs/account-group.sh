# SPDX-License-Identifier: Apache-2.0
# technique: An account joins a group that is as good as root
# alert: Account with the rights of root made
# field: proc.args=*shadow*
usermod -aG shadow nobody || true
