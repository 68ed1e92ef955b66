# SPDX-License-Identifier: Apache-2.0
"""Transports: HTTP and gRPC over Unix sockets, and access to what they return."""
