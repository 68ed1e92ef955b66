# SPDX-License-Identifier: Apache-2.0
# technique: A file is overwritten and removed
# alert: Data wiped
# field: proc.exepath=*/shred
echo x > x; shred -u x
