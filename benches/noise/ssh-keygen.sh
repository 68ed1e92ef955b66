# SPDX-License-Identifier: Apache-2.0
# SSH keys: host keys of all kinds made, a user's key made and listed
ssh-keygen -A
mkdir -p /root/.ssh && chmod 700 /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_noise
ssh-keygen -y -f /root/.ssh/id_noise
ssh-keygen -l -f /root/.ssh/id_noise.pub
ssh-keygen -R example.invalid || true
