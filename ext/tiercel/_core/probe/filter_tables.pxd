# SPDX-License-Identifier: Apache-2.0
"""Conversion of clauses and path sets to kernel filter tables."""

from libc.stdint cimport uint32_t

from tiercel._core.probe.filter_abi cimport filter_bank, filter_paths
from tiercel._core.probe.loader cimport Loader


cdef filter_bank_load(Loader loader, uint32_t key, object filters, object path_sets)
cdef filter_bank_fill(filter_bank *bank, object filters, object path_sets)
cdef filter_paths_fill(filter_paths *paths, object path_sets)
