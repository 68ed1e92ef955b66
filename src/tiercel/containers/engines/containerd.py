# SPDX-License-Identifier: Apache-2.0
"""Client of containerd's own API: containers of ``ctr``, ``nerdctl`` and others, in all namespaces."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from tiercel.containers.engines import oci_spec as oci
from tiercel.containers.engines.cri_messages import CONTAINERS, EVENTS, IMAGES, NAMESPACES, VERSION
from tiercel.containers.engines.interface import Change, EngineEvent
from tiercel.containers.metadata import SHORT_ID, ContainerInfo, Image, short_id
from tiercel.containers.transport.grpc_unix import Client, Metadata
from tiercel.containers.transport.json_access import decoded, member, text, texts_by_name
from tiercel.errors import EngineError

__all__ = ["ContainerdEngine"]

_TIMEOUT_S: Final = 15.0  # for one response; the warning about a slow engine comes much earlier
_SECOND: Final = 1_000_000_000
_ID: Final = re.compile(r"[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*[._-]?")  # or a prefix of one
_SANDBOX: Final = "io.kubernetes.cri.sandbox-id"
_CHANGES: Final[dict[str, tuple[Change, str, str]]] = {
    "/containers/create": ("created", "ContainerCreate", "id"),
    "/tasks/start": ("started", "TaskStart", "container_id"),
    "/containers/delete": ("removed", "ContainerDelete", "id"),
}


class ContainerdEngine:
    """containerd.

    Args:
        path: of its socket.
        label_max_len: characters of a label's value; longer ones are left out.
        skip: namespaces of containers for which another engine has more metadata: Docker keeps its own in ``moby``,
            without their images, and CRI in ``k8s.io``.
    """

    name = "containerd"

    def __init__(self, path: str, label_max_len: int, skip: Collection[str] = ()) -> None:
        self._client = Client(path, _TIMEOUT_S)
        self._longest = label_max_len
        self._skip = frozenset(skip)

    def version(self) -> str:
        answer = self._client.call(VERSION, "Version")
        return f"{self.name} {text(answer.version) if answer is not None else ''}".rstrip()

    def lookup(self, container: str) -> ContainerInfo | None:
        if not _ID.fullmatch(container):
            return None
        answer = self._client.call(NAMESPACES, "List")
        for one in answer.namespaces if answer is not None else ():
            if one.name not in self._skip:
                within: Metadata = (("containerd-namespace", one.name),)
                found = self._find(container, within)
                if found is not None:
                    return self._info(found, within)
        return None

    def events(self) -> Iterator[EngineEvent]:
        filters = [f'topic=="{topic}"' for topic in _CHANGES]
        for event in self._client.stream(EVENTS, "Subscribe", filters=filters):
            if event.topic in _CHANGES and event.namespace not in self._skip:
                change, kind, key = _CHANGES[event.topic]
                container = text(getattr(self._client.parsed(EVENTS, kind, event.event.value), key))
                if container:
                    yield EngineEvent(change, container)

    def close(self) -> None:
        self._client.close()

    def _find(self, container: str, within: Metadata) -> Any:
        """Return a container by its id, or by a unique prefix of it."""
        answer = self._client.call(CONTAINERS, "List", within, filters=[f'id~="^{container}"'])
        listed = answer.containers if answer is not None else ()
        exact = [one for one in listed if one.id == container]
        if not exact and len(container) == SHORT_ID:
            exact = [one for one in listed if one.id.startswith(container)]
        return exact[0] if len(exact) == 1 else None

    def _info(self, found: Any, within: Metadata) -> ContainerInfo:
        spec = _spec(found)
        name = text(found.image)
        image = Image.parse(name)
        answer = self._client.call(IMAGES, "Get", within, name=name) if name else None
        digest = text(answer.image.target.digest) if answer is not None else ""
        sandbox_id = text(found.sandbox) or text(member(spec, "annotations", _SANDBOX))
        return ContainerInfo(
            id=text(found.id),
            engine=self.name,
            name=short_id(text(found.id)),
            image=name,
            repository=image.repository,
            tag=image.tag,
            digest=digest or image.digest,
            privileged=oci.is_privileged(spec),
            host_pid=oci.shares(spec, "pid"),
            host_network=oci.shares(spec, "network"),
            host_ipc=oci.shares(spec, "ipc"),
            mounts=oci.mounts_of(spec),
            labels=texts_by_name(dict(found.labels), self._longest),
            env=oci.env_of(spec),
            capabilities=oci.capabilities_of(spec),
            user=oci.user_of(spec),
            created_ns=max(0, found.created_at.seconds * _SECOND + found.created_at.nanos),
            sandbox_id=sandbox_id,
            pod_labels=self._labels_of(sandbox_id, within),
        )

    def _labels_of(self, sandbox_id: str, within: Metadata) -> dict[str, str]:
        answer = self._client.call(CONTAINERS, "Get", within, id=sandbox_id) if sandbox_id else None
        return texts_by_name(dict(answer.container.labels), self._longest) if answer is not None else {}


def _spec(found: Any) -> dict[str, Any]:
    """Return the OCI runtime spec; an empty map if containerd stores another format."""
    try:
        return decoded(found.spec.value, "")
    except EngineError:
        return {}
