# SPDX-License-Identifier: Apache-2.0
# technique: The kernel's handler of crashes is replaced (a file in its place)
# alert: Setting of the kernel that starts a program changed
# field: fd.name=/proc/sys/kernel/core_pattern
touch x; mount --bind x /proc/sys/kernel/core_pattern; echo "|/tmp/x" > /proc/sys/kernel/core_pattern; umount /proc/sys/kernel/core_pattern
