# SPDX-License-Identifier: Apache-2.0
"""Public API: joins sources, compiled rules and outputs."""
