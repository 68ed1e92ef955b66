# SPDX-License-Identifier: Apache-2.0
# technique: A copy of a shell gets the set-user-ID bit
# alert: Set-user-ID bit set
# field: fs.path.name=*/rootsh
cp /bin/sh rootsh; chmod 4755 rootsh
