# SPDX-License-Identifier: Apache-2.0
# technique: A tunnel program (a stand-in) starts
# alert: Tunnel program started
# field: proc.exepath=*/chisel
cp /bin/true chisel; ./chisel client x R:socks
