# SPDX-License-Identifier: Apache-2.0
# technique: A line is appended to .bashrc
# alert: Start-up file of a user changed
# field: fd.name=/root/.bashrc
echo true >> /root/.bashrc
