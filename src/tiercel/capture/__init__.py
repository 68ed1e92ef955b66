# SPDX-License-Identifier: Apache-2.0
"""Captures: reader and writer of ``.scap`` files, with their initial tables of processes and files."""
