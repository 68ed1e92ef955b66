# SPDX-License-Identifier: Apache-2.0
"""Front end: rule items to checked conditions, with macros, lists and the findings about them."""
