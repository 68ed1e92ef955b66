# SPDX-License-Identifier: Apache-2.0
"""Joins sources, compiled rules and outputs: what users of the library call."""
