# SPDX-License-Identifier: Apache-2.0
"""Cache of the pods of this node and their related objects; not thread-safe, callers hold a lock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from tiercel.kubernetes.objects import Owner, Pod, Service, owner_of, pod_of, service_of

__all__ = ["KINDS", "Cache", "Key", "Values", "kinds_of"]

Key = tuple[str, str, str, str]
"""Kind, namespace, name and uid of an owner; a recreated owner of the same name has another uid."""
Values = dict[str, str | list[str] | list[tuple[str, str]]]

KINDS: Final = frozenset({"pod", "ns", "svc", "rs", "rc", "deployment"})
"""Kinds of objects in the names of fields: ``svc`` of ``k8smeta.svc.name``."""

_PREFIX: Final = "k8smeta."
_PAST: Final = 256  # deleted pods that stay in the cache, as their last events may come later


def kinds_of(details: Iterable[str]) -> frozenset[str]:
    """Return the kinds of objects that these metadata names of the schema need from the API server."""
    mine = (name.removeprefix(_PREFIX).partition(".")[0] for name in details if name.startswith(_PREFIX))
    return KINDS.intersection(mine)


class Cache:
    """Objects of a cluster, and the metadata of a pod that follows from them."""

    def __init__(self) -> None:
        self.pods: dict[str, Pod] = {}
        self.owners: dict[Key, Owner | None] = {}
        self._past: dict[str, Pod] = {}
        self._aliases: dict[str, str] = {}
        self._namespaces: dict[str, Owner] = {}
        self._services: dict[str, dict[str, Service]] = {}

    # --- Updates from the API server: each method returns the uids of pods whose metadata may change ----------------

    def replace_pods(self, objects: list[Any]) -> set[str]:
        now = {pod.meta.uid: pod for pod in map(pod_of, objects) if pod is not None}
        changed = {uid for uid, pod in now.items() if self.pods.get(uid) != pod}
        for uid in [uid for uid in self.pods if uid not in now]:
            self._drop(uid)
        for uid in changed:
            self._take(now[uid])
        return self._names(changed)

    def put_pod(self, given: Any) -> set[str]:
        pod = pod_of(given)
        if pod is None or self.pods.get(pod.meta.uid) == pod:
            return set()
        self._take(pod)
        return self._names({pod.meta.uid})

    def remove_pod(self, given: Any) -> set[str]:
        pod = pod_of(given)
        if pod is not None and pod.meta.uid in self.pods:
            self._drop(pod.meta.uid)
        return set()

    def _take(self, pod: Pod) -> None:
        uid = pod.meta.uid
        before = self.pods.get(uid)
        if before is not None and before.alias != pod.alias and self._aliases.get(before.alias) == uid:
            del self._aliases[before.alias]
        self.pods[uid] = pod
        # Every user who may create pods sets their annotations, so an alias never replaces one of an existing pod.
        if pod.alias and self._aliases.get(pod.alias) not in self.pods:
            self._aliases[pod.alias] = uid

    def _drop(self, uid: str) -> None:
        self._past[uid] = self.pods.pop(uid)
        if len(self._past) > _PAST:
            old = self._past.pop(next(iter(self._past)))
            if self._aliases.get(old.alias) == old.meta.uid and old.meta.uid not in self.pods:
                del self._aliases[old.alias]

    def _names(self, uids: set[str]) -> set[str]:
        """Return these uids and the aliases of the same pods."""
        return uids | {self.pods[uid].alias for uid in uids if self.pods[uid].alias}

    def replace_namespaces(self, objects: list[Any]) -> set[str]:
        now = {owner.meta.name: owner for owner in map(owner_of, objects) if owner is not None}
        before, self._namespaces = self._namespaces, now
        return self._of({name for name in now.keys() | before.keys() if now.get(name) != before.get(name)})

    def put_namespace(self, given: Any) -> set[str]:
        owner = owner_of(given)
        if owner is None or self._namespaces.get(owner.meta.name) == owner:
            return set()
        self._namespaces[owner.meta.name] = owner
        return self._of({owner.meta.name})

    def remove_namespace(self, given: Any) -> set[str]:
        owner = owner_of(given)
        if owner is not None:
            self._namespaces.pop(owner.meta.name, None)
        return set()

    def replace_services(self, objects: list[Any]) -> set[str]:
        now: dict[str, dict[str, Service]] = {}
        for service in filter(None, map(service_of, objects)):
            now.setdefault(service.meta.namespace, {})[service.meta.uid] = service
        before, self._services = self._services, now
        return self._of({name for name in now.keys() | before.keys() if now.get(name) != before.get(name)})

    def put_service(self, given: Any) -> set[str]:
        service = service_of(given)
        if service is None:
            return set()
        there = self._services.setdefault(service.meta.namespace, {})
        if there.get(service.meta.uid) == service:
            return set()
        there[service.meta.uid] = service
        return self._of({service.meta.namespace})

    def remove_service(self, given: Any) -> set[str]:
        service = service_of(given)
        if service is None or not self._services.get(service.meta.namespace, {}).pop(service.meta.uid, None):
            return set()
        return self._of({service.meta.namespace})

    def put_owner(self, key: Key, owner: Owner | None) -> set[str]:
        if owner is not None and owner.meta.uid != key[3]:
            owner = None
        if key in self.owners and self.owners[key] == owner:
            return set()
        self.owners[key] = owner
        return self._of({key[1]})

    def _of(self, namespaces: set[str]) -> set[str]:
        """Return the pods of these namespaces."""
        return self._names({uid for uid, pod in self.pods.items() if pod.meta.namespace in namespaces})

    # --- Metadata of a pod ------------------------------------------------------------------------------------------

    def pod(self, uid: str) -> Pod | None:
        """Return a pod by its uid or alias; a recently deleted pod is included."""
        own = self._aliases.get(uid, "")
        return self.pods.get(uid) or self.pods.get(own) or self._past.get(uid) or self._past.get(own)

    def owner_keys(self, pod: Pod, kinds: frozenset[str]) -> Iterator[Key]:
        """Yield the owners of a pod that fields of these kinds need, as far as the cache has their references."""
        owner, space = pod.meta.owner, pod.meta.namespace
        if owner is None:
            return
        if owner[0] == "ReplicationController" and "rc" in kinds:
            yield owner[0], space, *owner[1:]
        elif owner[0] == "ReplicaSet" and kinds & {"rs", "deployment"}:
            key = owner[0], space, *owner[1:]
            yield key
            known = self.owners.get(key)
            above = known.meta.owner if known is not None else None
            if above is not None and above[0] == "Deployment" and "deployment" in kinds:
                yield above[0], space, *above[1:]

    def knows_namespace(self, pod: Pod) -> bool:
        """Return whether the cache has the object of a pod's namespace."""
        return pod.meta.namespace in self._namespaces

    def values(self, pod: Pod) -> Values:
        """Return the known values of the fields; unknown and empty values are left out."""
        meta = pod.meta
        values: Values = {"k8smeta.pod.ip": pod.ip, "k8smeta.ns.name": meta.namespace}
        self._describe(values, "pod", ("Pod", meta.name, meta.uid), Owner(meta))
        space = self._namespaces.get(meta.namespace)
        if space is not None:
            self._describe(values, "ns", ("Namespace", space.meta.name, space.meta.uid), space)
        if meta.owner is not None:
            owner = self._owner(meta.owner, meta.namespace)
            if meta.owner[0] == "ReplicationController":
                self._describe(values, "rc", meta.owner, owner)
            elif meta.owner[0] == "ReplicaSet":
                self._describe(values, "rs", meta.owner, owner)
                above = owner.meta.owner if owner is not None else None
                if above is not None and above[0] == "Deployment":
                    self._describe(values, "deployment", above, self._owner(above, meta.namespace))
        services = [one for one in self._services.get(meta.namespace, {}).values() if one.selects(pod)]
        services.sort(key=lambda service: service.meta.name)
        values["k8smeta.svc.name"] = [service.meta.name for service in services]
        values["k8smeta.svc.uid"] = [service.meta.uid for service in services]
        values["k8smeta.svc.labels"] = [pair for service in services for pair in service.meta.labels.items()]
        return {name: value for name, value in values.items() if value}

    def _owner(self, reference: tuple[str, str, str], namespace: str) -> Owner | None:
        """Return the cached object that a reference points to."""
        return self.owners.get((reference[0], namespace, *reference[1:]))

    @staticmethod
    def _describe(values: Values, kind: str, named: tuple[str, str, str], known: Owner | None) -> None:
        values[f"k8smeta.{kind}.name"] = named[1]
        values[f"k8smeta.{kind}.uid"] = named[2]
        if known is not None:
            values[f"k8smeta.{kind}.labels"] = list(known.meta.labels.items())
