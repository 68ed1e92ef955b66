# SPDX-License-Identifier: Apache-2.0
"""Bounded dict and worker threads, independent of container engines."""
