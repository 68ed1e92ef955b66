# SPDX-License-Identifier: Apache-2.0
# technique: A scanner (a stand-in) starts
# alert: Scanner or attack tool started
# field: proc.exepath=*/nmap
cp /bin/true nmap; ./nmap -sS 192.0.2.0/24
