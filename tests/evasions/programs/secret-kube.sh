# SPDX-License-Identifier: Apache-2.0
# technique: The configuration of kubectl is read by Python
# alert: Credentials of a cloud read
# field: proc.exepath=*python*
mkdir .kube; echo x > .kube/config; "$PYTHON" -c "open(\".kube/config\")"
