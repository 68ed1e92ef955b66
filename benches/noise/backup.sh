# SPDX-License-Identifier: Apache-2.0
# Backup: /etc and /home archived with tar and gzip, listed, restored elsewhere, compared
mkdir -p /home/noise && cp -r /etc/skel/. /home/noise
tar czf backup.tar.gz /etc /home 2> /dev/null || true
tar tzf backup.tar.gz > list
mkdir restored && tar xzf backup.tar.gz -C restored
tar dzf backup.tar.gz -C / > /dev/null || true
cp -a /etc/ssl copy && rm -rf copy restored
