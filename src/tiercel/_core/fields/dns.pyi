# SPDX-License-Identifier: Apache-2.0
"""Names of addresses, as far as rules compare with them."""

def put_addresses(pairs: list[tuple[bytes, bytes]]) -> None:
    """Replace what is known: pairs of a name and one of its addresses, in 4 or 16 bytes.

    Not more often than every few seconds: evaluations may still read what was replaced last.

    Raises:
        ValueError: an address has another length.
    """
