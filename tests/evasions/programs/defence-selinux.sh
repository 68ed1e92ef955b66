# SPDX-License-Identifier: Apache-2.0
# technique: SELinux is switched off (by a stand-in)
# alert: Protection switched off
# field: proc.exepath=*/setenforce
cp /bin/true setenforce; ./setenforce 0
