# SPDX-License-Identifier: Apache-2.0
# Users and groups: added, changed, locked and removed (useradd, usermod, passwd, chpasswd, chage, gpasswd, adduser)
groupadd noise
useradd -m -g noise -s /bin/bash noise
echo 'noise:secret' | chpasswd
usermod -a -G daemon -c 'some one' noise
chage -M 90 noise
passwd -l noise
gpasswd -a noise users
adduser --system --group noise-service || true
su noise -c 'id; ls ~'
userdel -r noise || true  # it has no mail folder
deluser noise-service || true
groupdel noise || true
grpck -r || true
