# SPDX-License-Identifier: Apache-2.0
# technique: find searches for keys by a regular expression
# alert: Search for keys or passwords
# field: proc.exepath=*/find
find . -regex ".*id_rsa.*"
