# SPDX-License-Identifier: Apache-2.0
# technique: The configuration of the SSH server is changed
# alert: SSH access changed
# field: fd.name=/etc/ssh/sshd_config.d/x.conf
mkdir -p /etc/ssh/sshd_config.d; echo "PermitRootLogin yes" > /etc/ssh/sshd_config.d/x.conf
