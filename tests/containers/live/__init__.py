# SPDX-License-Identifier: Apache-2.0
"""Alerts from real containers: the tests start podman, docker and containerd, and stop them."""
