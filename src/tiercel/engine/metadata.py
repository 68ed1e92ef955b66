# SPDX-License-Identifier: Apache-2.0
"""Metadata session: container lookups of one sensor, limited to what its rules need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from tiercel._core.state.process_table import ProcessTable
from tiercel.config.container_settings import ContainerSettings
from tiercel.containers.stats import MetadataStats
from tiercel.frozen import replace
from tiercel.notice import Notice
from tiercel.rules import Priority
from tiercel.schema.fields import FIELDS
from tiercel.schema.metadata import METADATA_BY_NAME
from tiercel.sources.scope import Scope

if TYPE_CHECKING:
    from tiercel.containers.resolver import MetadataResolver
    from tiercel.kubernetes.service import Kubernetes

__all__ = ["MetadataSession", "details_of"]

_DETAILS: Final = {field.name: field.metadata for field in FIELDS if field.metadata}
# These fields show params, some of which are users.
_SHOW_USERS: Final = frozenset({"evt.arg", "evt.args", "evt.info"})
# Share of the wait time of events that the Kubernetes service may use; after it, partial metadata of a pod is written.
_SHARE: Final = 0.8
_NO_SERVER: Final = "kubernetes.enabled; it needs a pod's service account, or kubernetes.kubeconfig"


def details_of(fields: Iterable[tuple[str, int | str | None]]) -> frozenset[str]:
    """Return the container metadata that is needed to compare or print fields with arguments.

    Returns:
        Names of rows of :data:`tiercel.schema.metadata.METADATA`.
    """
    names = {name for name, _ in fields}
    details = {_DETAILS[name] for name in names & _DETAILS.keys()}
    if not names.isdisjoint(_SHOW_USERS):
        details.add("users")
    return frozenset(details)


class MetadataSession:
    """Container lookups for one process table.

    The lookup modules are not imported until metadata is needed.
    """

    def __init__(
        self, table: ProcessTable, settings: ContainerSettings, scope: Scope, notify: Callable[[Notice], object]
    ) -> None:
        self._table = table
        self._settings = settings
        self._concerns = scope.concerns()
        self._notify = notify
        self._resolver: MetadataResolver | None = None
        self._kubernetes: Kubernetes | None = None
        self._needed: frozenset[str] = frozenset()
        self._kept: frozenset[str] = frozenset()
        self._is_kept = False
        self._has_warned = False
        self._stats = MetadataStats()
        static = settings.engines.static
        if static is not None and static.id:
            table.set_static(static.id)

    def need(self, details: frozenset[str]) -> None:
        """Look up these details of containers from now on, and those of :meth:`keep`."""
        self._needed = details
        self._configure()

    def keep(self, details: frozenset[str] = frozenset()) -> None:
        """Also look up these details, independently of the rules, as captures contain metadata, too."""
        self._kept |= details
        self._is_kept = True
        self._configure()

    def _configure(self) -> None:
        details = self._needed | self._kept
        parts = {METADATA_BY_NAME[name].part for name in details}
        if self._is_kept:
            parts |= {"info", "details"}
        if "pod" in parts and not self._settings.kubernetes.is_used:
            parts.discard("pod")
            self._warn_no_api_server()
        if parts and self._resolver is None:
            self._start()
        if self._kubernetes is not None and "pod" in parts:
            from tiercel.kubernetes.cache import kinds_of

            self._kubernetes.need(kinds_of(details))
        self._table.configure_metadata(sorted(parts), self._settings.wait_ms * 1_000_000)

    def _warn_no_api_server(self) -> None:
        """Warn once that rules use fields of an API server that is not enabled, so their comparisons are false."""
        if not self._has_warned:
            self._has_warned = True
            text = f"no API server is queried, so fields k8smeta.* have no values ({_NO_SERVER})"
            self._notify(Notice("kubernetes", Priority.WARNING, text, {}))

    def _start(self) -> None:
        from tiercel.containers.resolver import MetadataResolver

        kubernetes = self._settings.kubernetes
        if kubernetes.is_used:
            from tiercel.kubernetes.service import Kubernetes

            wait = self._settings.wait_ms / 1000 * _SHARE
            self._kubernetes = Kubernetes(self._table, kubernetes, wait, self._notify)
        self._resolver = MetadataResolver(
            self._table,
            self._settings.engines,
            wait=self._settings.wait_ms / 1000,
            notify=self._forward,
            pods=self._kubernetes,
            concerns=lambda request: self._concerns(request[2], request[3]),
        )
        self._resolver.start()

    def stats(self) -> MetadataStats:
        """Return the counters; after :meth:`close`, the final ones."""
        resolver, kubernetes = self._resolver, self._kubernetes
        if resolver is not None:
            pods = kubernetes.stats() if kubernetes is not None else None
            self._stats = replace(resolver.stats(), kubernetes=pods)
        return self._stats

    def _forward(self, notice: Notice) -> None:
        """Forward a notice if rules need metadata; captures alone cause no notices."""
        if self._needed:
            self._notify(notice)

    def close(self) -> None:
        """Stop all lookups."""
        self.stats()
        if self._resolver is not None:
            self._resolver.close()
            self._resolver = None
        if self._kubernetes is not None:
            self._kubernetes.close()
            self._kubernetes = None
