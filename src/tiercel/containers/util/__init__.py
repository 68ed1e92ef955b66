# SPDX-License-Identifier: Apache-2.0
"""Bounded containers and threads that know nothing of container engines."""
