# SPDX-License-Identifier: Apache-2.0
# Services: configuration tested and reloaded, locale, time zone and alternatives changed by their tools
update-alternatives --list editor || true
update-alternatives --auto editor || true
ldconfig
locale-gen C.UTF-8 > /dev/null 2>&1 || true
dpkg-reconfigure -f noninteractive tzdata || true
systemctl --version > /dev/null
systemd-tmpfiles --create --dry-run > /dev/null 2>&1 || true
mandb -q > /dev/null 2>&1 || true
