# SPDX-License-Identifier: Apache-2.0
# Package with maintainer scripts: built, installed, upgraded, removed and purged by dpkg (user, alternatives, set-user-ID, service, ldconfig, trigger)
for version in 1 2; do
    rm -rf p && mkdir -p p/DEBIAN p/usr/bin p/etc/noise p/lib/systemd/system p/etc/cron.d p/etc/logrotate.d p/etc/init.d
    printf 'Package: noise\nVersion: %s\nArchitecture: all\nMaintainer: a <a@example.invalid>\nDescription: x\n' $version > p/DEBIAN/control
    printf '/etc/noise/conf\n/etc/cron.d/noise\n/etc/logrotate.d/noise\n/etc/init.d/noise\n' > p/DEBIAN/conffiles
    echo $version > p/etc/noise/conf
    echo '0 0 * * * root true' > p/etc/cron.d/noise
    echo '/var/log/noise.log { rotate 1 }' > p/etc/logrotate.d/noise
    printf '#!/bin/sh\nexit 0\n' > p/etc/init.d/noise
    cp /bin/true p/usr/bin/noise
    chmod 755 p/etc/init.d/noise
    printf '[Service]\nExecStart=/usr/bin/noise\n' > p/lib/systemd/system/noise.service
    cat > p/DEBIAN/preinst <<'S'
#!/bin/sh
set -e
getent passwd noise > /dev/null || useradd --system --shell /usr/sbin/nologin noise
S
    cat > p/DEBIAN/postinst <<'S'
#!/bin/sh
set -e
update-alternatives --install /usr/bin/noise-alternative noise-alternative /usr/bin/noise 10
mkdir -p /var/lib/noise /etc/systemd/system/multi-user.target.wants
chown noise: /var/lib/noise
chmod 2750 /var/lib/noise
chmod 4755 /usr/bin/noise
ln -sf /lib/systemd/system/noise.service /etc/systemd/system/multi-user.target.wants/noise.service
update-rc.d noise defaults || true
sed -i 's/1/3/' /etc/noise/conf
ldconfig
cp /bin/true "$(mktemp)"
perl -e 'open F, ">/etc/noise/made"; print F "x"'
S
    cat > p/DEBIAN/postrm <<'S'
#!/bin/sh
set -e
[ "$1" = purge ] || exit 0
update-alternatives --remove noise-alternative /usr/bin/noise
rm -rf /etc/noise /var/lib/noise /etc/systemd/system/multi-user.target.wants/noise.service /var/log/noise.log
userdel noise
S
    chmod 755 p/DEBIAN/*
    dpkg-deb --build p noise_$version.deb
done
dpkg -i noise_1.deb
dpkg --force-confnew -i noise_2.deb
dpkg -r noise
dpkg -P noise
