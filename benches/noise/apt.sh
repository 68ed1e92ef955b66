# SPDX-License-Identifier: Apache-2.0
# apt: a local package installed, configured again and removed with `apt-get`; caches, marks, holds, hooks of update-initramfs kind
mkdir -p p/DEBIAN p/usr/share/noise
printf 'Package: noise2\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.invalid>\nDescription: x\n' > p/DEBIAN/control
echo x > p/usr/share/noise/x
printf '#!/bin/sh\nset -e\nupdate-ca-certificates\nldconfig\ntouch /etc/noise2\n' > p/DEBIAN/postinst
chmod 755 p/DEBIAN/postinst
dpkg-deb --build p noise2.deb
apt-get -y install "$PWD/noise2.deb"
apt-get check
apt-mark auto noise2
dpkg-reconfigure noise2 || true
apt-get -y autoremove
apt-get clean
apt-cache policy bash
