# SPDX-License-Identifier: Apache-2.0
# CA certificates: `update-ca-certificates --fresh`, one certificate added and removed
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=noise
cp cert.pem /usr/local/share/ca-certificates/noise.crt
update-ca-certificates
rm /usr/local/share/ca-certificates/noise.crt
update-ca-certificates --fresh
