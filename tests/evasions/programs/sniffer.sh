# SPDX-License-Identifier: Apache-2.0
# technique: A sniffer (a stand-in) starts
# alert: Sniffer started
# field: proc.exepath=*/tcpdump
cp /bin/true tcpdump; ./tcpdump -i lo
