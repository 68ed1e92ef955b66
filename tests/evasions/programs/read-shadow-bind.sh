# SPDX-License-Identifier: Apache-2.0
# technique: A bind mount shows /etc at another place
# alert: Sensitive file read
# field: fd.name_requested=*/m/shadow
mkdir m; mount --bind /etc m; cat m/shadow > /dev/null
