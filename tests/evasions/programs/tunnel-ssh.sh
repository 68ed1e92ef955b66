# SPDX-License-Identifier: Apache-2.0
# technique: ssh opens a reverse tunnel (to an address that answers nothing)
# alert: Tunnel opened by SSH
# field: proc.args=*-R *
cp /bin/true ssh; ./ssh -N -R 2222:localhost:22 a@192.0.2.1
