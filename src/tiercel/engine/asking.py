# SPDX-License-Identifier: Apache-2.0
"""What is asked about containers while a sensor runs: as much as its rules need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from tiercel._core.threads import ProcessTable
from tiercel.engine.capturing import Notice
from tiercel.engine.container_settings import ContainerSettings
from tiercel.schema.fields import FIELDS
from tiercel.schema.metadata import METADATA_BY_NAME
from tiercel.sources.scope import Scope

if TYPE_CHECKING:
    from tiercel.containers.watcher import Watcher

__all__ = ["Asking", "parts_of"]

_PARTS: Final = {field.name: METADATA_BY_NAME[field.metadata].part for field in FIELDS if field.metadata}
# These show params, of which some are users.
_SHOW_USERS: Final = frozenset({"evt.arg", "evt.args", "evt.info"})
_ANSWERED: Final = frozenset({"info", "names"})


def parts_of(fields: Iterable[tuple[str, int | str | None]]) -> frozenset[str]:
    """Return what must be known of containers to compare or print some fields, given with their arguments."""
    names = {name for name, _ in fields}
    parts = {_PARTS[name] for name in names & _PARTS.keys()}
    if not names.isdisjoint(_SHOW_USERS):
        parts.add("names")
    return frozenset(parts)


class Asking:
    """Has the questions of a process table answered, if there are any.

    Until something is needed, nothing of what asks engines is even imported.
    """

    def __init__(
        self, table: ProcessTable, settings: ContainerSettings, scope: Scope, tell: Callable[[Notice], object]
    ) -> None:
        self._table = table
        self._settings = settings
        self._concerns = scope.concerns()
        self._tell = tell
        self._watcher: Watcher | None = None

    def need(self, parts: frozenset[str]) -> None:
        """Have these parts of what can be known of containers found out from now on, and no others."""
        answered = parts & _ANSWERED
        if answered and self._watcher is None:
            from tiercel.containers.watcher import Watcher  # needed with containers only

            self._watcher = Watcher(
                self._table,
                self._settings.engines,
                wait=self._settings.wait_ms / 1000,
                tell=self._tell,
                concerns=lambda ask: self._concerns(ask[2], ask[3]),
            )
            self._watcher.start()
        self._table.configure_metadata(sorted(answered), self._settings.wait_ms * 1_000_000)

    def close(self) -> None:
        """Ask no more."""
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
