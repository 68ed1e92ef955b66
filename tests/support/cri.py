# SPDX-License-Identifier: Apache-2.0
"""An engine that speaks CRI, without containers: what it says of them is up to the test."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from support.grpc_server import Context, grpc_server, refuse
from tiercel.containers.engines.cri_messages import IMAGE_SERVICE, RUNTIME, Service
from tiercel.containers.transport import protobuf_dynamic as wire

__all__ = ["FakeCri"]


class FakeCri:
    """Answers with messages that are given as mappings of their members.

    Attributes:
        runtime: what it says it is.
        containers: whole id -> members of ContainerStatusResponse; ``info`` may be any object, and is sent as JSON.
        sandboxes: whole id -> members of PodSandboxStatusResponse, likewise.
        sandbox_of: whole id of a container -> that of its sandbox, for ListContainers.
        images: requested image of ImageStatus -> members of Image.
        requests: every call: method and first member of its request.
        events: put ``(id, number)`` of an event here; None ends the stream.
        delay: seconds before each answer.
        raw: what is sent instead of every answer.
        refusal: status with which every call ends, by its name.
    """

    def __init__(self, runtime: str = "containerd") -> None:
        self.runtime = runtime
        self.containers: dict[str, dict[str, Any]] = {}
        self.sandboxes: dict[str, dict[str, Any]] = {}
        self.sandbox_of: dict[str, str] = {}
        self.images: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str]] = []
        self.events: queue.Queue[tuple[str, int] | None] = queue.Queue()
        self.delay = 0.0
        self.raw: bytes | None = None
        self.refusal = ""
        self._over = threading.Event()

    @contextlib.contextmanager
    def serve(self, path: Path, events: bool = True) -> Iterator[None]:
        """Listen at a path. Without ``events`` it is an engine that is too old to have any."""
        calls = {
            "Version": lambda request: {"runtime_name": self.runtime, "runtime_version": "v9"},
            "ContainerStatus": lambda request: _found(self.containers, request.container_id),
            "PodSandboxStatus": lambda request: _found(self.sandboxes, request.pod_sandbox_id),
            "ListContainers": self._list,
        }
        methods = {RUNTIME.path(name): self._method(RUNTIME, name, answer) for name, answer in calls.items()}
        methods[IMAGE_SERVICE.path("ImageStatus")] = self._method(IMAGE_SERVICE, "ImageStatus", self._image)
        streams = {RUNTIME.path("GetContainerEvents"): self._stream} if events else {}
        self._over.clear()
        with grpc_server(path, methods, streams):
            try:
                yield
            finally:
                self._over.set()
                self.events.put(None)

    def _method(self, service: Service, name: str, answer: Callable[[Any], dict[str, Any] | None]) -> Any:
        def method(content: bytes, context: Context) -> bytes:
            request = wire.request_of(service, name).FromString(content)
            members = request.ListFields()
            self.requests.append((name, str(members[0][1]) if members else ""))
            answered = answer(request)
            self._over.wait(self.delay)
            if self.refusal:
                refuse(context, self.refusal, "as the test wants")
            if self.raw is not None:
                return self.raw
            if answered is None:
                refuse(context, "NOT_FOUND")
            encoded: bytes = wire.response_of(service, name)(**answered).SerializeToString()
            return encoded

        return method

    def _list(self, request: Any) -> dict[str, Any]:
        return {"containers": [{"id": one, "pod_sandbox_id": pod} for one, pod in self.sandbox_of.items()]}

    def _image(self, request: Any) -> dict[str, Any] | None:
        image = self.images.get(request.image.image)
        return {} if image is None else {"image": image}

    def _stream(self, request: bytes, context: Context) -> Iterator[bytes]:
        while (event := self.events.get()) is not None:
            made = wire.response_of(RUNTIME, "GetContainerEvents")(container_id=event[0], container_event_type=event[1])
            yield made.SerializeToString()


def _found(known: dict[str, dict[str, Any]], wanted: str) -> dict[str, Any] | None:
    """Look an object up by its id or the beginning of it, as containerd and CRI-O do."""
    for whole, members in known.items():
        if whole.startswith(wanted):
            info = members.get("info", {})
            sent = info if isinstance(info, str) else json.dumps(info)
            return {**members, "info": {"info": sent}}
    return None
