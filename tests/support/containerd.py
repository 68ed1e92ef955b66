# SPDX-License-Identifier: Apache-2.0
"""A containerd without containers: what it says of them is up to the test."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from support.grpc_server import Context, grpc_server, refuse
from tiercel.containers.engines.cri_messages import CONTAINERS, EVENTS, IMAGES, NAMESPACES, VERSION, Service
from tiercel.containers.transport import protobuf_dynamic as wire

__all__ = ["FakeContainerd"]

_Answer = Callable[[str, Any], "dict[str, Any] | None"]


class FakeContainerd:
    """Answers with messages that are given as mappings of their members.

    Attributes:
        containers: namespace -> whole id -> members of Container.
        images: (namespace, name) -> digest.
        events: put ``(namespace, topic, message)`` here, the message as bytes; None ends the stream.
    """

    def __init__(self) -> None:
        self.containers: dict[str, dict[str, dict[str, Any]]] = {}
        self.images: dict[tuple[str, str], str] = {}
        self.events: queue.Queue[tuple[str, str, bytes] | None] = queue.Queue()

    @contextlib.contextmanager
    def serve(self, path: Path) -> Iterator[None]:
        """Listen at a path."""
        answers: list[tuple[Service, str, _Answer]] = [
            (VERSION, "Version", lambda _, request: {"version": "1.7"}),
            (NAMESPACES, "List", lambda _, request: {"namespaces": [{"name": name} for name in self.containers]}),
            (CONTAINERS, "List", self._list),
            (CONTAINERS, "Get", self._get),
            (IMAGES, "Get", self._image),
        ]
        methods = {service.path(name): _method(service, name, answer) for service, name, answer in answers}
        with grpc_server(path, methods, {EVENTS.path("Subscribe"): self._stream}):
            try:
                yield
            finally:
                self.events.put(None)

    def _list(self, namespace: str, request: Any) -> dict[str, Any]:
        """Return all containers, whatever the filter: the client has to select."""
        assert [one.startswith('id~="^') for one in request.filters] == [True]
        return {"containers": [{"id": key, **one} for key, one in self.containers[namespace].items()]}

    def _get(self, namespace: str, request: Any) -> dict[str, Any] | None:
        found = self.containers[namespace].get(request.id)
        return None if found is None else {"container": {"id": request.id, **found}}

    def _image(self, namespace: str, request: Any) -> dict[str, Any] | None:
        digest = self.images.get((namespace, request.name))
        return None if digest is None else {"image": {"name": request.name, "target": {"digest": digest}}}

    def _stream(self, content: bytes, context: Context) -> Iterator[bytes]:
        request = wire.request_of(EVENTS, "Subscribe").FromString(content)
        assert 'topic=="/tasks/start"' in request.filters
        while (event := self.events.get()) is not None:
            namespace, topic, message = event
            made = wire.response_of(EVENTS, "Subscribe")(namespace=namespace, topic=topic, event={"value": message})
            yield made.SerializeToString()


def _method(service: Service, name: str, answer: _Answer) -> Any:
    def method(content: bytes, context: Context) -> bytes:
        namespace = dict(context.invocation_metadata()).get("containerd-namespace", "")
        answered = answer(namespace, wire.request_of(service, name).FromString(content))
        if answered is None:
            refuse(context, "NOT_FOUND")
        encoded: bytes = wire.response_of(service, name)(**answered).SerializeToString()
        return encoded

    return method
