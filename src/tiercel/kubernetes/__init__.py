# SPDX-License-Identifier: Apache-2.0
"""Metadata of Kubernetes: the objects that the pods of this node belong to."""
