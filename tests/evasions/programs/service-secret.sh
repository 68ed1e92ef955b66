# SPDX-License-Identifier: Apache-2.0
# technique: A web server (a stand-in) reads /etc/shadow
# alert: Service read a secret of the system
# field: fd.name=/etc/shadow
cp /bin/cat nginx; ./nginx /etc/shadow > /dev/null
