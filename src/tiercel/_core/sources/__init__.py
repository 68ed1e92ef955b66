# SPDX-License-Identifier: Apache-2.0
"""Operations by which extractors read processes and descriptors of a source: of the live kernel, or of a capture.

It imports ``fields``, ``replay`` and what lies below.
"""
