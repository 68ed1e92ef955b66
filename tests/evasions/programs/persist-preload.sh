# SPDX-License-Identifier: Apache-2.0
# technique: The list of preloaded libraries is written
# alert: Preloaded library changed
# field: fd.name=/etc/ld.so.preload
cp /dev/null /etc/ld.so.preload; rm /etc/ld.so.preload
