# SPDX-License-Identifier: Apache-2.0
# technique: A line is added to the configuration of PAM
# alert: Authentication module changed
# field: fd.name=/etc/pam.d/su
echo "# x" >> /etc/pam.d/su
