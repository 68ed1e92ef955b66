# SPDX-License-Identifier: Apache-2.0
"""Kubernetes metadata: objects that the pods of this node belong to."""
