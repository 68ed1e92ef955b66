# SPDX-License-Identifier: Apache-2.0
"""Formats of alerts: one module each, with a function ``render(alert)`` that returns one line; and values in texts."""
