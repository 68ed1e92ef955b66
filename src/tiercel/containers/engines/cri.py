# SPDX-License-Identifier: Apache-2.0
"""Client of CRI, the runtime interface of Kubernetes: containerd, CRI-O and other servers."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any, Final

from tiercel.containers.engines.cri_messages import IMAGE_SERVICE, RUNTIME
from tiercel.containers.engines.cri_status import container_info, details, sandbox_info
from tiercel.containers.engines.interface import Change, EngineAbsentError, EngineEvent
from tiercel.containers.metadata import ContainerInfo, Image
from tiercel.containers.transport.grpc_unix import Client
from tiercel.containers.transport.json_access import text
from tiercel.frozen import replace

__all__ = ["CriEngine"]

_ID: Final = re.compile("[0-9a-f]{12,64}")  # CRI would match a shorter name as a prefix of another container's id
_TIMEOUT_S: Final = 15.0  # for one response; the warning about a slow engine comes much earlier
_LISTEN_AGAIN_S: Final = 10.0
_TYPES: Final = ("containerd", "cri-o")
_CHANGES: Final[dict[int, Change]] = {0: "created", 1: "started", 3: "removed"}  # 2: stopped


class CriEngine:
    """An engine that speaks version 1 of CRI.

    Args:
        path: of its socket.
        label_max_len: characters of a label's value; longer ones are left out.
    """

    name = "cri"

    def __init__(self, path: str, label_max_len: int) -> None:
        self._client = Client(path, _TIMEOUT_S)
        self._longest = label_max_len
        self._type: str | None = None
        self._closing = threading.Event()

    def version(self) -> str:
        answer = self._client.call(RUNTIME, "Version")
        runtime = text(answer.runtime_name) if answer is not None else ""
        self._type = runtime if runtime in _TYPES else self.name
        return f"{runtime or self.name} {text(answer.runtime_version) if answer is not None else ''}".rstrip()

    def lookup(self, container: str) -> ContainerInfo | None:
        if not _ID.fullmatch(container):
            return None
        if self._type is None:
            self.version()
        answer = self._client.call(RUNTIME, "ContainerStatus", container_id=container, verbose=True)
        if answer is None or not answer.status.id.startswith(container):
            return self._lookup_sandbox(container)
        sandbox_id = self._sandbox_of(answer)
        sandbox = self._sandbox(sandbox_id) if sandbox_id else None
        info = container_info(self._type or self.name, answer, sandbox, sandbox_id, self._longest)
        return info if info.repository and info.image_id else self._with_image(info, answer.status)

    def events(self) -> Iterator[EngineEvent]:
        """Yield events of containers without a time limit.

        An engine that is too old, or configured without events, yields none: then each container is looked up when its
        first process appears.
        """
        while not self._closing.is_set():
            try:
                yield from self._changes()
            except EngineAbsentError as error:
                if error.code != "E905":  # it is gone
                    raise
                self._closing.wait()
            self._closing.wait(_LISTEN_AGAIN_S)

    def close(self) -> None:
        self._closing.set()
        self._client.close()

    def _changes(self) -> Iterator[EngineEvent]:
        for event in self._client.stream(RUNTIME, "GetContainerEvents"):
            change = _CHANGES.get(event.container_event_type)
            if change is not None and event.container_id:
                yield EngineEvent(change, text(event.container_id))

    def _lookup_sandbox(self, container: str) -> ContainerInfo | None:
        """Return the metadata of a pod's sandbox, which CRI does not list as a container."""
        sandbox = self._sandbox(container)
        if sandbox is None or not sandbox.status.id.startswith(container):
            return None
        return sandbox_info(self._type or self.name, sandbox, self._longest)

    def _sandbox(self, sandbox_id: str) -> Any:
        return self._client.call(RUNTIME, "PodSandboxStatus", pod_sandbox_id=sandbox_id, verbose=True)

    def _sandbox_of(self, answer: Any) -> str:
        """Return the whole id of a container's pod, which the container's status does not contain."""
        sandbox = text(details(answer.info).get("sandboxID"))
        if sandbox:
            return sandbox
        wanted = {"id": answer.status.id}
        listed = self._client.call(RUNTIME, "ListContainers", filter=wanted)
        found = (one.pod_sandbox_id for one in listed.containers if one.id == answer.status.id) if listed else ()
        return text(next(iter(found), ""))

    def _with_image(self, info: ContainerInfo, status: Any) -> ContainerInfo:
        """Add the image's id from the image status, and its name if the container status has only the id."""
        wanted = status.image.image or status.image_ref or status.image_id
        answer = self._client.call(IMAGE_SERVICE, "ImageStatus", image={"image": wanted}) if wanted else None
        if answer is None:
            return info
        info = replace(info, image_id=info.image_id or text(answer.image.id).removeprefix("sha256:"))
        if info.repository:
            return info
        tagged = text(next(iter(answer.image.repo_tags), ""))
        pulled = Image.parse(text(next(iter(answer.image.repo_digests), "")))
        image = Image.parse(tagged) if tagged else pulled
        return replace(
            info,
            image=tagged or image.repository or info.image,
            repository=image.repository,
            tag=image.tag,
            digest=pulled.digest or info.digest,
        )
