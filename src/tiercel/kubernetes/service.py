# SPDX-License-Identifier: Apache-2.0
"""Kubernetes service: metadata of the pods of this node.

The name of the control group links a container to its pod. Pods, services and namespaces are watched, and owners of
pods are read on demand. The metadata of each container of a pod is written to the process table, and again after a
change.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Protocol

from tiercel.containers.stats import KubernetesStats
from tiercel.kubernetes.cache import Cache, Key, Values
from tiercel.kubernetes.client import ApiError, Client
from tiercel.kubernetes.objects import Owner, Pod, pod_uid
from tiercel.kubernetes.owners import Fetcher
from tiercel.kubernetes.reflector import Reflector
from tiercel.kubernetes.settings import KubernetesSettings
from tiercel.notice import Notice
from tiercel.rules import Priority

__all__ = ["Kubernetes", "PodTable"]

_UID_LABEL: Final = "io.kubernetes.pod.uid"
_SILENCE: Final = 300.0  # seconds between two warnings of the same text
_MAX_PODS: Final = 16384
_FORBIDDEN: Final = 403
_TOO_MUCH: Final = "the metadata of a pod exceed the limit: its labels and services are missing"
_MANY: Final = 64  # containers of one pod, after which ended ones are pruned
_END: Final = 1.0  # seconds that close() waits for threads; a thread with a pending request ends with its time-out


class PodTable(Protocol):
    """Process table: destination of pod metadata."""

    def set_pod(self, container: str, values: Mapping[str, Any], /) -> bool:
        """Set the metadata of a container's pod; return False if the table no longer has the container."""

    def pod_missing(self, container: str, /) -> bool:
        """Mark the metadata of a container's pod as missing."""

    def containers(self) -> list[str]:
        """Return the ids of all containers."""


class _Sink:
    """Sink that writes the objects of one resource to the cache."""

    def __init__(
        self,
        change: Callable[[Callable[[Any], set[str]], Any], None],
        replace: Callable[[list[Any]], set[str]],
        put: Callable[[Any], set[str]],
        remove: Callable[[Any], set[str]],
    ) -> None:
        self._change = change
        self._replace, self._put, self._remove = replace, put, remove

    def replace(self, objects: list[Any]) -> None:
        self._change(self._replace, objects)

    def put(self, given: Any) -> None:
        self._change(self._put, given)

    def remove(self, given: Any) -> None:
        self._change(self._remove, given)


class Kubernetes:
    """Service for pod metadata; sends requests after the first :meth:`need`. Only its own threads block on the server.

    Args:
        table: destination of each container's pod metadata.
        settings: location of the server, and name of this node.
        wait: seconds that a container may wait for missing metadata.
        notify: takes notices for the user, once for each outage; called by any thread, and must not block.
    """

    def __init__(
        self,
        table: PodTable,
        settings: KubernetesSettings,
        wait: float,
        notify: Callable[[Notice], object],
    ) -> None:
        self._table = table
        self._settings = settings
        self._wait = wait
        self._notify = notify
        self._node = settings.node
        self._client = Client(settings)
        self._kinds: frozenset[str] = frozenset()
        self._cache = Cache()
        self._reflectors: dict[str, Reflector] = {}
        self._containers: dict[str, set[str]] = {}  # by the pod's uid in the control group
        self._waiting: dict[str, float] = {}  # deadlines by uid
        self._written: dict[str, Values] = {}
        self._dirty: set[str] = set()
        self._problems: dict[str, ApiError] = {}
        self._muted_until: dict[str, float] = {}
        self._changed = threading.Condition()
        self._is_closed = False
        self._fetcher: Fetcher | None = None
        self._thread: threading.Thread | None = None

    # --- Methods for other threads ----------------------------------------------------------------------------------

    def need(self, kinds: frozenset[str]) -> None:
        """Watch and read these kinds of objects from now on, of :data:`tiercel.kubernetes.cache.KINDS`."""
        cache, put = self._cache, self._change
        with self._changed:
            if self._thread is None:
                self._fetcher = Fetcher(self._client, self._take_owner, self._is_needed, self._report)
                self._thread = threading.Thread(target=self._run, name="tiercel-kubernetes", daemon=True)
                self._thread.start()
            self._kinds |= kinds
            self._dirty |= self._containers.keys()
            wanted = {
                "pods": _Sink(put, cache.replace_pods, cache.put_pod, cache.remove_pod),
                "namespaces": _Sink(put, cache.replace_namespaces, cache.put_namespace, cache.remove_namespace),
                "services": _Sink(put, cache.replace_services, cache.put_service, cache.remove_service),
            }
            for resource, sink in wanted.items():
                if resource not in self._reflectors and (resource == "pods" or self._needs(resource)):
                    self._reflectors[resource] = Reflector(
                        self._client,
                        resource,
                        sink,
                        partial(self._report, resource),
                        selector=f"spec.nodeName={self._node}" if resource == "pods" else "",
                        bare=resource == "namespaces",
                    )
            self._changed.notify()

    def request(self, container: str, cgroup: str) -> None:
        """Write the metadata of a container's pod, which the control group names, to the table, now or later.

        A container outside of pods gets empty metadata, so that nothing waits for it.
        """
        uid = pod_uid(cgroup)
        if uid is None:
            self._table.set_pod(container, {})
        elif not self._register(uid, container, is_requested=True):
            self._table.pod_missing(container)

    def set_labels(self, container: str, labels: Mapping[str, str]) -> None:
        """Link a container to its pod by the labels from its engine, as its control group may not name the pod."""
        uid = labels.get(_UID_LABEL)
        if uid and self._thread is not None:
            self._register(uid, container, is_requested=False)

    def stats(self) -> KubernetesStats:
        """Return the counters."""
        with self._changed:
            reflectors = list(self._reflectors.values())
            return KubernetesStats(
                pods=len(self._cache.pods),
                containers=sum(map(len, self._containers.values())),
                waiting=len(self._waiting),
                lists=sum(one.lists for one in reflectors),
                reads=self._fetcher.reads if self._fetcher is not None else 0,
                failures=sum(one.failures for one in (*reflectors, self._fetcher) if one is not None),
                failing=tuple(sorted(self._problems)),
            )

    def close(self) -> None:
        """Stop all threads; waiting containers get no more metadata."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
            requesters = [one for one in (*self._reflectors.values(), self._fetcher) if one is not None]
        for requester in requesters:
            requester.stop()
        self._client.close()
        end = time.monotonic() + _END
        for thread in (*requesters, self._thread):
            if thread is not None:
                thread.join(max(0.0, end - time.monotonic()))

    # --- Methods for the service's own threads ----------------------------------------------------------------------

    def _register(self, uid: str, container: str, *, is_requested: bool) -> bool:
        with self._changed:
            there = self._containers.setdefault(uid, set())
            if container in there and not is_requested:  # a repeated request means that the container was restarted
                return True
            there.add(container)
            if len(self._containers) > _MAX_PODS or len(there) > _MANY:
                self._prune()
                if len(self._containers) > _MAX_PODS:
                    del self._containers[uid]
                    return False
            self._waiting.setdefault(uid, time.monotonic() + self._wait)
            self._written.pop(uid, None)
            self._dirty.add(uid)
            self._changed.notify()
            return True

    def _prune(self) -> None:
        """Drop the containers that the table no longer has."""
        alive = set(self._table.containers())
        self._containers = {uid: left for uid, ids in self._containers.items() if (left := ids & alive)}

    def _change(self, apply: Callable[[Any], set[str]], given: Any) -> None:
        with self._changed:
            self._dirty |= apply(given) & self._containers.keys()
            self._forget_gone()
            if self._dirty:
                self._changed.notify()

    def _forget_gone(self) -> None:
        """Drop containers of pods that the cache no longer has."""
        for uid in [uid for uid in self._written if self._cache.pod(uid) is None]:
            del self._written[uid]
            self._containers.pop(uid, None)

    def _take_owner(self, key: Key, owner: Owner | None) -> None:
        with self._changed:
            there = self._cache.owners.get(key)
            # Keep the cached owner if a later read fails.
            self._dirty |= self._cache.put_owner(key, owner or there) & self._containers.keys()
            self._dirty |= self._waiting.keys()
            self._changed.notify()

    def _is_needed(self, key: Key) -> bool:
        with self._changed:
            pods = (pod for pod in self._cache.pods.values() if pod.meta.namespace == key[1])
            if any(key in self._cache.owner_keys(pod, self._kinds) for pod in pods):
                return True
            self._cache.owners.pop(key, None)
            return False

    def _report(self, what: str, error: ApiError | None) -> None:
        with self._changed:
            self._dirty |= self._waiting.keys()
            self._changed.notify()
            if error is None:
                self._problems.pop(what, None)
                text = self._empty_node() if what == "pods" else ""
            else:
                # An outage affects all resources and is reported once; each forbidden resource is reported on its own.
                forbidden = {name for name, problem in self._problems.items() if problem.status == _FORBIDDEN}
                is_reported = what in forbidden if error.status == _FORBIDDEN else len(forbidden) < len(self._problems)
                text = "" if is_reported else f"{error.text} (request for {what}): fields k8smeta.* lack values"
                self._problems[what] = error
        known = {"error": error.code, "hint": error.hint or ""} if error is not None else {}
        if text:
            self._warn(text, {"resource": what, **known})

    def _warn(self, text: str, fields: dict[str, Any]) -> None:
        with self._changed:
            now = time.monotonic()
            if now < self._muted_until.get(text, 0.0):
                return
            self._muted_until[text] = now + _SILENCE
        self._notify(Notice("kubernetes", Priority.WARNING, text, fields))

    def _empty_node(self) -> str:
        if self._cache.pods or self._settings.kubeconfig:
            return ""
        return f"the cluster has no pod on a node {self._node}: is kubernetes.node_name right?"

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._dirty and not self._is_closed:
                    if not self._changed.wait(self._next_end()):
                        now = time.monotonic()
                        self._dirty |= {uid for uid, end in self._waiting.items() if end <= now}
                if self._is_closed:
                    return
                uids, self._dirty = self._dirty, set()
                updates = [(ids, values) for uid in uids for ids, values in self._settled(uid)]
            for ids, values in updates:
                for container in ids:
                    self._put(container, values)

    def _put(self, container: str, values: Values | None) -> None:
        if values is None:
            self._table.pod_missing(container)
            return
        try:
            self._table.set_pod(container, values)
        except ValueError:  # too large: every user who may create services sets labels
            self._table.set_pod(container, {name: value for name, value in values.items() if isinstance(value, str)})
            self._warn(_TOO_MUCH, {"container.id": container, "k8smeta.pod.name": values["k8smeta.pod.name"]})

    def _next_end(self) -> float | None:
        return max(0.0, min(self._waiting.values()) - time.monotonic()) if self._waiting else None

    def _settled(self, uid: str) -> list[tuple[list[str], Values | None]]:
        """Return the update of a pod's containers; nothing while metadata is pending, or without a change."""
        ids = list(self._containers.get(uid, ()))
        pod = self._cache.pod(uid)
        is_open = self._is_awaited("pods") if pod is None else self._is_incomplete(pod)
        if is_open and self._waiting.get(uid, 0.0) > time.monotonic():
            return []
        waited = self._waiting.pop(uid, None) is not None
        if pod is None:
            return [(ids, None)] if waited else []
        values = self._cache.values(pod)
        if self._written.get(uid) == values:
            return []
        self._written[uid] = values
        return [(ids, values)]

    def _is_incomplete(self, pod: Pod) -> bool:
        """Return whether missing metadata of a pod is likely to arrive; request owners that have no request yet."""
        assert self._fetcher is not None
        pending = [self._fetcher.request(key) for key in self._cache.owner_keys(pod, self._kinds)]
        if any(pending) or any(self._needs(one) and self._is_awaited(one) for one in ("namespaces", "services")):
            return True
        # The watch of namespaces may lag that of pods. Services may come later, or not at all.
        is_watched = self._needs("namespaces") and self._reflectors["namespaces"].state == "good"
        return is_watched and not self._cache.knows_namespace(pod)

    def _needs(self, resource: str) -> bool:
        return {"namespaces": "ns", "services": "svc"}[resource] in self._kinds

    def _is_awaited(self, resource: str) -> bool:
        """Return whether missing objects may still arrive; pods may at any time while they are watched."""
        state = self._reflectors[resource].state
        return state == "starting" or (resource == "pods" and state == "good")
