# SPDX-License-Identifier: Apache-2.0
# Users in a chroot: `useradd --root` and `useradd --prefix`, as image builders do
mkdir -p root/etc root/dev root/home root/var/log
echo 'root:x:0:0:root:/root:/bin/sh' > root/etc/passwd
echo 'root:x:0:' > root/etc/group
: > root/etc/shadow
: > root/etc/gshadow
useradd --root "$PWD/root" -m built || true
useradd --prefix "$PWD/root" -m built2 || true
