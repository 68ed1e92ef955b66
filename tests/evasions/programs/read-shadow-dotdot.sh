# SPDX-License-Identifier: Apache-2.0
# technique: A link to a directory and .. lead to /etc/shadow
# alert: Sensitive file read
# field: fd.name=/etc/shadow
ln -s /etc/security d; cat d/../shadow > /dev/null
