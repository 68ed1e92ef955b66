# SPDX-License-Identifier: Apache-2.0
"""Client of docker's HTTP API."""

from __future__ import annotations

import re
from typing import Any, Final

from tiercel.containers.engines.docker_api import HttpEngine
from tiercel.containers.engines.docker_inspect import info_of
from tiercel.containers.metadata import ContainerInfo, Image
from tiercel.containers.transport.json_access import member, text, texts
from tiercel.frozen import replace

__all__ = ["DockerEngine"]

_HASH: Final = "sha256:"
_IMAGE_ID: Final = re.compile(r"(sha256:)?[0-9a-f]{12,64}")
_ID_OR_BEGINNING: Final = re.compile(r"(sha256:)?[0-9a-f]{1,64}")
_HUB: Final = ("docker.io/", "index.docker.io/")
_LATEST: Final = "latest"


class DockerEngine(HttpEngine):
    """Docker. For paths without a version the engine responds in its newest format."""

    name = "docker"
    base = ""
    changes = {"create": "created", "start": "started", "rename": "started", "destroy": "removed"}  # noqa: RUF012

    def info(self, found: dict[str, Any]) -> ContainerInfo:
        image_id = text(found.get("Image"))
        image = self.fetch(f"/images/{image_id}/json") if _IMAGE_ID.fullmatch(image_id) else None
        name = text(member(found, "Config", "Image"))
        parts = _parts(name, image_id, texts(member(image, "RepoTags")), texts(member(image, "RepoDigests")))
        return replace(
            info_of(found, self.name, self.longest),
            image=name,
            image_id=image_id.removeprefix(_HASH),
            repository=parts.repository,
            tag=parts.tag,
            digest=parts.digest,
        )

    def named(self, image: str) -> Image | None:
        if _ID_OR_BEGINNING.fullmatch(image):
            return None
        parts = _familiar(image)
        return parts if parts.tag or parts.digest else replace(parts, tag=_LATEST)


def _parts(name: str, image_id: str, tags: tuple[str, ...], digests: tuple[str, ...]) -> Image:
    """Return the parts of an image's name, as the name that the container was created with may be incomplete.

    Missing parts come from other names of the same image, if possible from one of the same repository.
    """
    known = [Image.parse(one) for one in (*tags, *digests)]
    own = _familiar(name)
    if _ID_OR_BEGINNING.fullmatch(name) and all(one.repository != name for one in known):
        is_id = name.startswith(_HASH) or image_id.removeprefix(_HASH).startswith(name)
        own = next(iter(known), Image("")) if is_id else own
    same = [one for one in known if one.repository == own.repository]
    names = [one.tag for one in same if one.tag]
    tag = own.tag or ("" if own.digest else _LATEST if _LATEST in names else next(iter(names), ""))
    digest = own.digest or next((one.digest for one in (*same, *known) if one.digest), "")
    return Image(own.repository, tag, digest)


def _familiar(name: str) -> Image:
    """Split a name; the repository has the short form that docker itself shows."""
    image = Image.parse(name)
    path = next((image.repository[len(hub) :] for hub in _HUB if image.repository.startswith(hub)), image.repository)
    official = path.removeprefix("library/")
    return replace(image, repository=path if "/" in official else official)
