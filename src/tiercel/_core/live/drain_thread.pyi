# SPDX-License-Identifier: Apache-2.0
"""C implementation of the drain thread; :mod:`tiercel._core.live.pump` is its Python interface."""
