# SPDX-License-Identifier: Apache-2.0
"""Captures: ``.scap`` files read and written, with the tables of processes and files that they begin with."""
