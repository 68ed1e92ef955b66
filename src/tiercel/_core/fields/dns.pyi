# SPDX-License-Identifier: Apache-2.0
"""Table of host names that rules compare with, and their addresses."""

def put_addresses(pairs: list[tuple[bytes, bytes]]) -> None:
    """Replace the table with pairs of a name and one of its addresses, in 4 or 16 bytes.

    At most one call every few seconds: evaluations may still read the previous table.

    Raises:
        ValueError: an address has another length.
    """
