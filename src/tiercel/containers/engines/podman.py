# SPDX-License-Identifier: Apache-2.0
"""Client of podman's own HTTP API, which returns more than its docker-compatible one."""

from __future__ import annotations

from typing import Any

from tiercel.containers.engines.docker_api import HttpEngine, is_image_id
from tiercel.containers.engines.docker_inspect import info_of
from tiercel.containers.metadata import ContainerInfo, Image
from tiercel.containers.transport.json_access import member, text, texts
from tiercel.frozen import replace

__all__ = ["PodmanEngine"]


class PodmanEngine(HttpEngine):
    """Podman 4 and later."""

    name = "podman"
    base = "/v4.0.0/libpod"
    changes = {"create": "created", "start": "started", "rename": "started", "remove": "removed"}  # noqa: RUF012

    def info(self, found: dict[str, Any]) -> ContainerInfo:
        name = text(found.get("ImageName"))
        image_id = text(found.get("Image")).removeprefix("sha256:")
        parts = self.named(name) or self._name_of(image_id)
        return replace(
            info_of(found, self.name, self.longest),
            image=name,
            image_id=image_id,
            repository=parts.repository,
            tag=parts.tag,
            digest=text(found.get("ImageDigest")) or parts.digest,
        )

    def _name_of(self, image_id: str) -> Image:
        """Return the first name of an image, for a container that was created by the image's id."""
        image = self.fetch(f"/images/{image_id}/json") if is_image_id(image_id) else None
        return Image.parse(next(iter(texts(member(image, "RepoTags"))), ""))
