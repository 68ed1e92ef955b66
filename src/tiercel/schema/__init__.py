# SPDX-License-Identifier: Apache-2.0
"""The tables: events, params, fields, operators.  Data only; everything else is derived from them."""
