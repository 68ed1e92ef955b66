# SPDX-License-Identifier: Apache-2.0
# technique: A static pod is put on a node of a cluster
# alert: Files of the cluster changed on a node
# field: fd.name=/etc/kubernetes/manifests/x.yaml
mkdir -p /etc/kubernetes/manifests; echo > /etc/kubernetes/manifests/x.yaml
