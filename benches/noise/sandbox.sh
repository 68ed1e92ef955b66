# SPDX-License-Identifier: Apache-2.0
# Build sandboxes: user, mount, pid and network namespaces, chroot, tmpfs and bind mounts below a scratch folder
unshare -m sh -c 'mkdir -p m && mount -t tmpfs none m && mkdir m/b && mount --bind /usr/share m/b && umount m/b && umount m'
unshare -n -p -f --mount-proc sh -c 'true'
unshare -Ur id || true
chroot / true
