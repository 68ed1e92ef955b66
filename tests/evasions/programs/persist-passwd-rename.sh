# SPDX-License-Identifier: Apache-2.0
# technique: A prepared file is renamed to /etc/passwd
# alert: Account file changed
# field: fs.path.target=/etc/passwd
cp /etc/passwd /etc/prepared; mv /etc/prepared /etc/passwd
