# SPDX-License-Identifier: Apache-2.0
# technique: A write goes to /etc through /proc/self/cwd
# alert: Write below /etc
# field: fd.name=/etc/made-by-cwd
cd /etc; echo x > /proc/self/cwd/made-by-cwd
