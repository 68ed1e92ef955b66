# SPDX-License-Identifier: Apache-2.0
# technique: The immutable bit of a file is removed (chattr, a stand-in)
# alert: Protection switched off
# field: proc.args=-i x
touch x; cp /bin/true chattr; ./chattr -i x
