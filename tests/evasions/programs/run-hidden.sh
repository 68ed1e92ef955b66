# SPDX-License-Identifier: Apache-2.0
# technique: A program is run from a hidden directory below /var
# alert: Program run from a hidden place
# field: proc.exepath=/var/lib/.../x
mkdir /var/lib/...; cp /bin/true /var/lib/.../x; /var/lib/.../x
