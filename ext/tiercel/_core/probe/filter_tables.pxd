# SPDX-License-Identifier: Apache-2.0
"""The tables of a filter, as the probe reads them, from clauses and path sets."""

from libc.stdint cimport uint32_t

from tiercel._core.probe.filter_abi cimport filter_bank, filter_paths
from tiercel._core.probe.loader cimport Loader


cdef bank_load(Loader loader, uint32_t key, object filters, object path_sets)
cdef bank_fill(filter_bank *bank, object filters, object path_sets)
cdef paths_fill(filter_paths *paths, object path_sets)
