# SPDX-License-Identifier: Apache-2.0
"""Worker threads, independent of container engines."""
