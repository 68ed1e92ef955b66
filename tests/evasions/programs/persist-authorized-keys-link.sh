# SPDX-License-Identifier: Apache-2.0
# technique: A link with another name leads to the keys of root
# alert: Keys of a user for SSH changed
# field: fd.name=/root/.ssh/authorized_keys
mkdir -p /root/.ssh; touch /root/.ssh/none; ln -s /root/.ssh/authorized_keys notes; echo x >> notes
