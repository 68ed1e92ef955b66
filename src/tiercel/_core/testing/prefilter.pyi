# SPDX-License-Identifier: Apache-2.0
"""The probe's filter in user space."""

from collections.abc import Mapping, Sequence
from typing import final

from typing_extensions import Buffer

@final
class Prefilter:
    """Decides of finished records what the probe would have reported: with its own tables and code.

    Args:
        filters: clauses by event code, as ``Probe.filter`` takes them.
        path_sets: what their clauses refer to.
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
            verdict: what is known of its control groups: 0 nothing, 1 they are the host's, above that the number of
                their container.

        Raises:
            EventError: E301, the bytes are not one whole event.

        Releases nothing and keeps nothing; the time grows with the clauses of the event's type, 16 at most.
        """
