# SPDX-License-Identifier: Apache-2.0
"""The compiled core: Cython modules that drain, decode and evaluate events without the GIL.

Only stubs (``.pyi``, which hold the docstrings), the built modules and the BPF object live here; the sources are in
``ext/tiercel/_core`` and ``bpf``.
"""
