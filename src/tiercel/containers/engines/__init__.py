# SPDX-License-Identifier: Apache-2.0
"""Container engines: one module for each, and the worker of one engine."""
