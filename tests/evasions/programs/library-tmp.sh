# SPDX-License-Identifier: Apache-2.0
# technique: A library in /tmp is opened
# alert: Library opened in a world-writable directory
# field: fd.name=/tmp/libx.so
cp /bin/true /tmp/libx.so
LD_PRELOAD=/tmp/libx.so /bin/true 2> /dev/null || true
