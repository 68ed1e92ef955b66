# SPDX-License-Identifier: Apache-2.0
# technique: grep searches for private keys
# alert: Search for keys or passwords
# field: proc.args=*PRIVATE*
grep -rl "BEGIN RSA PRIVATE" . || true
