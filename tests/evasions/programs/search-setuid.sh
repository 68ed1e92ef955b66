# SPDX-License-Identifier: Apache-2.0
# technique: find lists programs with the set-user-ID bit
# alert: Search for programs with special rights
# field: proc.args=*-4000*
find . -perm -4000
