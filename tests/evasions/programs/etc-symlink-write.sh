# SPDX-License-Identifier: Apache-2.0
# technique: A write goes to /etc through a link elsewhere
# alert: Write below /etc
# field: fd.name=/etc/made-by-link
ln -s /etc/made-by-link notes; echo x > notes
