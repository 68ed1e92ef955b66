# SPDX-License-Identifier: Apache-2.0
"""Docker's engine, by its HTTP interface."""

from __future__ import annotations

import re
from typing import Any, Final

from tiercel.containers.http_engine import HttpEngine
from tiercel.containers.info import Image, Info
from tiercel.containers.inspected import info_of
from tiercel.containers.reading import member, text, texts
from tiercel.frozen import replace

__all__ = ["DockerEngine"]

_HASH: Final = "sha256:"
_IMAGE_ID: Final = re.compile(r"(sha256:)?[0-9a-f]{12,64}")


class DockerEngine(HttpEngine):
    """Docker. Paths without a version are answered in the newest form that the engine has."""

    name = "docker"
    base = ""
    changes = {"create": "created", "start": "started", "rename": "started", "destroy": "removed"}  # noqa: RUF012

    def info(self, found: dict[str, Any]) -> Info:
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


def _parts(name: str, image_id: str, tags: tuple[str, ...], digests: tuple[str, ...]) -> Image:
    """Return the parts of an image's name, of which the one that was used for the container may have few.

    What it lacks is taken from names of the same image, if possible from one of the same repository.
    """
    known = [Image.parse(one) for one in (*tags, *digests)]
    own = Image.parse(name)
    if name.startswith(_HASH) or (_IMAGE_ID.fullmatch(name) and image_id.removeprefix(_HASH).startswith(name)):
        own = next(iter(known), Image(""))
    same = [one for one in known if one.repository == own.repository]
    tag = own.tag or ("" if own.digest else next((one.tag for one in same if one.tag), ""))
    digest = own.digest or next((one.digest for one in (*same, *known) if one.digest), "")
    return Image(own.repository, tag, digest)
