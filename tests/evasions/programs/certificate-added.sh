# SPDX-License-Identifier: Apache-2.0
# technique: A certificate authority becomes trusted
# alert: Trusted certificate changed
# field: fd.name=/usr/local/share/ca-certificates/x.crt
mkdir -p /usr/local/share/ca-certificates; echo > /usr/local/share/ca-certificates/x.crt
