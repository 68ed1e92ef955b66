# SPDX-License-Identifier: Apache-2.0
"""Common part of docker's and podman's clients: JSON over HTTP on a unix socket."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final
from urllib.parse import quote

from tiercel.containers.engines.docker_inspect import MODES, address, is_hosts, joined
from tiercel.containers.engines.interface import Change, EngineAbsentError, EngineError, EngineEvent
from tiercel.containers.metadata import POD_LABELS, ContainerInfo, Image
from tiercel.containers.transport.http_unix import MAX_BODY, UnixHttp
from tiercel.containers.transport.json_access import decoded, member, text, texts_by_name
from tiercel.frozen import replace

__all__ = ["HttpEngine", "is_image_id"]

TIMEOUT: Final = 15.0  # seconds for one response
_ID: Final = re.compile(r"[0-9a-f]{12,64}")
_IMAGE_ID: Final = re.compile(r"sha256:[0-9a-f]+|[0-9a-f]{64}")


def is_image_id(name: str) -> bool:
    """Return whether the name of an image is only its id."""
    return _IMAGE_ID.fullmatch(name) is not None


class HttpEngine:
    """Client of one engine; a subclass defines paths and event names, and reads images.

    Args:
        path: of its socket.
        label_max_len: characters of a label's value; longer ones are left out.
        most: maximum number of bytes of a response.

    Attributes:
        name: of the engine.
        base: prefix of all paths.
        changes: kinds of engine events by the engine's own names.
    """

    name: ClassVar[str]
    base: ClassVar[str]
    changes: ClassVar[dict[str, Change]]

    def __init__(self, path: str, label_max_len: int, most: int = MAX_BODY) -> None:
        self.path = path
        self.longest = label_max_len
        self._http = UnixHttp(path, most)

    def version(self) -> str:
        found = self.fetch("/version")
        if found is None:
            raise EngineAbsentError("E905", f"{self.path}: no {self.name}")
        return f"{self.name} {text(found.get('Version'))}"

    def lookup(self, container: str) -> ContainerInfo | None:
        found = self._inspect(container)
        if found is None:
            return None
        joins = {attribute: joined(found, mode) for attribute, mode in MODES.items()}
        others = {one: self._inspect(one) or {} for one in set(joins.values()) if _ID.fullmatch(one)}
        info = self.info(found)
        for attribute, mode in MODES.items():
            if is_hosts(others.get(joins[attribute]), mode):
                info = replace(info, **{attribute: True})
        other = others.get(joins["host_network"])
        if other is None:
            return info
        if not info.sandbox_id:
            return replace(info, ip=info.ip or address(other))
        labels = texts_by_name(member(other, "Config", "Labels"), self.longest)
        return replace(info, ip=info.ip or address(other), pod_ip=address(other), pod_labels=labels)

    def info(self, found: dict[str, Any]) -> ContainerInfo:
        """Return the metadata from an inspect response."""
        raise NotImplementedError

    def named(self, image: str) -> Image | None:
        """Return the parts of an image's name from an event; None if the name may be an id."""
        return None if is_image_id(image) else Image.parse(image)

    def events(self) -> Iterator[EngineEvent]:
        filters = json.dumps({"type": ["container"], "event": list(self.changes)})
        target = f"{self.base}/events?stream=true&filters={quote(filters)}"
        for line in self._http.lines(target, TIMEOUT):
            if not line.strip():
                continue
            event = decoded(line, self.path)
            change = self.changes.get(text(event.get("Action") or event.get("status")))
            container = text(member(event, "Actor", "ID") or event.get("id"))
            if change is not None and _ID.fullmatch(container):
                info = self.info_from_event(container, member(event, "Actor", "Attributes"))
                yield EngineEvent(change, container, info)

    def close(self) -> None:
        self._http.close()

    def fetch(self, target: str) -> dict[str, Any] | None:
        """Return the JSON map of a response; None if the engine does not have the object.

        Raises:
            EngineError: no response, or an invalid one.
        """
        status, body = self._http.get(self.base + target, TIMEOUT)
        # Podman's status for a container that was removed during the request.
        if status == 404 or (status == 500 and b"no such container" in body):
            return None
        if status != 200:
            raise EngineError("E903", f"{self.path}: status {status} for {target}")
        return decoded(body, self.path)

    def info_from_event(self, container: str, attributes: Any) -> ContainerInfo | None:
        """Return the partial metadata in the attributes of an event; None without the name of an image."""
        image = text(member(attributes, "image"))
        labels = texts_by_name(attributes, self.longest)
        parts = self.named(image) if image else None
        if parts is None:
            return None
        return ContainerInfo(
            container,
            self.name,
            text(member(attributes, "name")),
            image,
            repository=parts.repository,
            tag=parts.tag,
            # The attributes contain all labels, but the engine's own attributes replace labels of the same name.
            labels={key: labels[key] for key in POD_LABELS.values() if key in labels},
            is_partial=True,
        )

    def _inspect(self, container: str) -> dict[str, Any] | None:
        if not _ID.fullmatch(container):
            return None
        found = self.fetch(f"/containers/{container}/json")
        if found is not None and not text(found.get("Id")).startswith(container):
            raise EngineError("E902", f"{self.path}: the response for container {container} describes another one")
        return found
