# SPDX-License-Identifier: Apache-2.0
# technique: An account gets the user id of root
# alert: Account with the rights of root made
# field: proc.args=*-u 0*
useradd -o -u 0 toor || true
