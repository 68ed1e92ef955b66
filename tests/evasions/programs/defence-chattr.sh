# SPDX-License-Identifier: Apache-2.0
# technique: The immutable bit of a file is removed
# alert: Protection switched off
# field: proc.args=-i x
touch x; chattr -i x || true
