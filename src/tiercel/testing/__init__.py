# SPDX-License-Identifier: Apache-2.0
"""Tests of rules: the files that ``tiercel test`` and the pytest plugin run.

:mod:`~tiercel.testing.reading` reads a file into the classes of :mod:`~tiercel.testing.model`,
:mod:`~tiercel.testing.running` runs it, :mod:`~tiercel.testing.plugin` lets pytest collect it.
"""
