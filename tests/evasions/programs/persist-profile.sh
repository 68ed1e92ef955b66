# SPDX-License-Identifier: Apache-2.0
# technique: A script of every login is made
# alert: Hook of a system tool changed
# field: fd.name=/etc/profile.d/x.sh
echo true > /etc/profile.d/x.sh
