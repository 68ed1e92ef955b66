# SPDX-License-Identifier: Apache-2.0
"""Alerts: the public class, the layout of their fields, and their text."""
