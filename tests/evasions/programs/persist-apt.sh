# SPDX-License-Identifier: Apache-2.0
# technique: A hook of apt is made
# alert: Hook of a system tool changed
# field: fd.name=/etc/apt/apt.conf.d/99x
echo "APT::x \"1\";" > /etc/apt/apt.conf.d/99x
