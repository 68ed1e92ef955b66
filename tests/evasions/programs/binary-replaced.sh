# SPDX-License-Identifier: Apache-2.0
# technique: A system program is replaced by renaming
# alert: Write below a binary directory
# field: fs.path.target=/usr/bin/cal2
cp /bin/true /usr/bin/.new; mv /usr/bin/.new /usr/bin/cal2
