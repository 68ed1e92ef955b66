# SPDX-License-Identifier: Apache-2.0
"""Userspace build of the probe's filter."""

from collections.abc import Mapping, Sequence
from typing import final

from typing_extensions import Buffer

@final
class Prefilter:
    """The probe's filter with its own tables and code, applied to complete records.

    Args:
        filters: clauses by event code, as in ``Probe.filter``.
        path_sets: path sets that the clauses refer to.
    """

    def __new__(
        cls,
        filters: Mapping[int, Sequence[tuple[int, int]]],
        path_sets: Sequence[Sequence[tuple[str, bytes]]] = (),
    ) -> Prefilter: ...
    def allows(self, record: Buffer, verdict: int = 0) -> bool:
        """Return whether an event is reported.

        Args:
            record: one encoded event, header first. Borrowed for the call.
            verdict: owner of its control groups: 0 unknown, 1 the host, above that the number of the container.

        Raises:
            EventError: E301, the bytes are not one whole event.

        Keeps the GIL and stores nothing; the time grows with the clauses of the event's type, at most 16.
        """
