# SPDX-License-Identifier: Apache-2.0
"""The store of a Kubernetes API server: objects with versions, and recent changes, which watches report."""

from __future__ import annotations

import copy
import itertools
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

Object = dict[str, Any]

# Resource -> kind, API group ("" is the core), labels of fields that lists can select by.
RESOURCES: dict[str, tuple[str, str, frozenset[str]]] = {
    "pods": ("Pod", "", frozenset({"metadata.name", "metadata.namespace", "spec.nodeName", "status.phase"})),
    "namespaces": ("Namespace", "", frozenset({"metadata.name"})),
    "services": ("Service", "", frozenset({"metadata.name", "metadata.namespace"})),
    "replicationcontrollers": ("ReplicationController", "", frozenset({"metadata.name", "metadata.namespace"})),
    "replicasets": ("ReplicaSet", "apps", frozenset({"metadata.name", "metadata.namespace"})),
    "deployments": ("Deployment", "apps", frozenset({"metadata.name", "metadata.namespace"})),
}


class Gone(Exception):
    """The changes since that version are no longer known."""


class Selection(NamedTuple):
    """The requested objects of a resource: one namespace or all (""), and values of fields."""

    resource: str
    namespace: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    def takes(self, held: Object | None) -> bool:
        """Return whether the selection contains an object; one that does not exist is not in it."""
        if held is None or (self.namespace and held["metadata"].get("namespace") != self.namespace):
            return False
        return all(_field(held, name) == value for name, value in self.fields)


class _Change(NamedTuple):
    version: int
    resource: str
    old: Object | None
    new: Object | None


def _field(held: Object, name: str) -> str:
    value: Any = held
    for part in name.split("."):
        value = value.get(part, "")
    return str(value)


class Store:
    """Objects by resource, namespace and name. Safe for several threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._versions = itertools.count(1001)
        self._objects: dict[tuple[str, str, str], Object] = {}
        self._history: list[_Change] = []
        self._oldest = 1000
        self.version = 1000
        self.open = True
        self._ends = 0
        self._watches: Counter[str] = Counter()

    def put(self, resource: str, given: Object) -> Object:
        """Create or replace an object; return it as it is kept, with a uid and its version."""
        kind, group, _ = RESOURCES[resource]
        held = copy.deepcopy(given)
        meta = held["metadata"]
        key = (resource, meta.get("namespace", ""), meta["name"])
        with self._changed:
            old = self._objects.get(key)
            meta.setdefault("uid", old["metadata"]["uid"] if old else str(uuid.uuid4()))
            held = {"kind": kind, "apiVersion": "apps/v1" if group else "v1", **held}
            self._change(resource, old, held)
            self._objects[key] = held
        return held

    def delete(self, resource: str, name: str, namespace: str = "") -> None:
        with self._changed:
            old = self._objects.pop((resource, namespace, name))
            self._change(resource, old, None)

    def _change(self, resource: str, old: Object | None, new: Object | None) -> None:
        self.version = next(self._versions)
        if new is not None:
            new["metadata"]["resourceVersion"] = str(self.version)
        self._history.append(_Change(self.version, resource, old, new))
        self._changed.notify_all()

    def compact(self) -> None:
        """Discard all changes so far, as etcd does after some minutes: older versions are gone."""
        with self._changed:
            self.version = next(self._versions)
            self._history.clear()
            self._oldest = self.version
            self._changed.notify_all()

    def watches(self, resource: str) -> int:
        """Number of watches of a resource that began; `end_watches` ends each of them."""
        with self._changed:
            return self._watches[resource]

    def end_watches(self) -> None:
        """End all watches; others may begin at once."""
        with self._changed:
            self._ends += 1
            self._changed.notify_all()

    def close(self) -> None:
        """End all watches; others end as they begin."""
        with self._changed:
            self.open = False
            self._changed.notify_all()

    def get(self, resource: str, name: str, namespace: str = "") -> Object | None:
        with self._changed:
            return self._objects.get((resource, namespace, name))

    def list(self, selection: Selection) -> tuple[list[Object], int]:
        """Return what is selected, by namespace and name, and the version of that moment."""
        with self._changed:
            keys = sorted(key for key in self._objects if key[0] == selection.resource)
            return [self._objects[key] for key in keys if selection.takes(self._objects[key])], self.version

    def watch(self, selection: Selection, since: int, seconds: float) -> Iterator[tuple[str, Object] | None]:
        """Yield what changes after a version: ADDED, MODIFIED or DELETED with the object; None every second without.

        An object that a change brings into the selection is added, one that a change takes out of it deleted, with the
        version of the change, as the API server reports it.

        Raises:
            Gone: changes after that version are discarded.
        """
        end = time.monotonic() + seconds
        with self._changed:
            ends = self._ends
            self._watches[selection.resource] += 1
        while time.monotonic() < end:
            with self._changed:
                if since < self._oldest:
                    raise Gone
                changes = [change for change in self._history if change.version > since]
                if not changes and not (self.open and self._ends == ends):
                    return
                quiet = not changes and not self._changed.wait(min(1.0, max(0.0, end - time.monotonic())))
            for change in changes:
                since = change.version
                if change.resource == selection.resource and (event := self._event_of(change, selection)):
                    yield event
            if quiet:
                yield None

    @staticmethod
    def _event_of(change: _Change, selection: Selection) -> tuple[str, Object] | None:
        was, now = selection.takes(change.old), selection.takes(change.new)
        if now:
            assert change.new is not None
            return ("MODIFIED" if was else "ADDED", change.new)
        if not was:
            return None
        last = copy.deepcopy(change.old if change.new is None else change.new)
        assert last is not None
        last["metadata"]["resourceVersion"] = str(change.version)
        return "DELETED", last
