# SPDX-License-Identifier: Apache-2.0
# technique: A key is added to the keys of root
# alert: Keys of a user for SSH changed
# field: fd.name=/root/.ssh/authorized_keys
mkdir -p /root/.ssh; echo ssh-ed25519 x >> /root/.ssh/authorized_keys
