# SPDX-License-Identifier: Apache-2.0
"""Entry points from Python that need no live kernel: evaluation of given events, and captures.

It imports ``alerts``, ``replay`` and what lies below.
"""
