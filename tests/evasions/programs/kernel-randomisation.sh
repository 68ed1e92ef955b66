# SPDX-License-Identifier: Apache-2.0
# technique: Randomisation of addresses is switched off (a file in its place)
# alert: Protection of the kernel lowered
# field: fd.name=/proc/sys/kernel/randomize_va_space
touch x; mount --bind x /proc/sys/kernel/randomize_va_space; echo 0 > /proc/sys/kernel/randomize_va_space; umount /proc/sys/kernel/randomize_va_space
