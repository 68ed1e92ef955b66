# SPDX-License-Identifier: Apache-2.0
# technique: A database (a stand-in) starts a shell
# alert: Database started a shell
# field: proc.pexepath=*/postgres
cp /bin/bash postgres; ./postgres -c "sh -c exit; true"
