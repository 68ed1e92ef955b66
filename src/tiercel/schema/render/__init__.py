# SPDX-License-Identifier: Apache-2.0
"""Text of the generated files.  Each module renders files of one kind; ``generate`` writes them."""
