# SPDX-License-Identifier: Apache-2.0
"""Loops of system calls, the load of ``tiercel bench``.

It imports no other package.
"""
