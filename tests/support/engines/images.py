# SPDX-License-Identifier: Apache-2.0
"""Container images made from busybox: archives that podman, docker and containerd load, without a registry."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_APPLETS = ("sh", "cat", "touch", "sleep", "true", "id", "nc", "mkdir", "ls", "grep", "wget", "httpd", "ip", "mkfifo")
_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nbuilder:x:1234:1235:The builder:/home/builder:/bin/sh\n",
    "etc/group": "root:x:0:\nbuilders:x:1235:\n",
    "app/hello.txt": "hello\n",
}
_OCI = "application/vnd.oci.image"


class Image(NamedTuple):
    """An archive, and what engines say of the image in it.

    Attributes:
        archive: a tar file, in the layout of OCI and of `docker save` at once.
        repository: with the registry's host.
        id: the hash of the configuration, which podman and docker call the image's id; 64 hex digits.
        digest: of the manifest, with ``sha256:``; what containerd calls its target.
    """

    archive: Path
    repository: str
    tag: str
    id: str
    digest: str

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.repository}:{self.tag}"


def _layer(extra: Mapping[str, bytes]) -> bytes:
    """A layer with busybox and a few files."""
    busybox = shutil.which("busybox")
    assert busybox, "busybox-static is not installed"
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for folder in ("bin", "etc", "app", "tmp", "root", "home", "home/builder", "proc", "sys", "dev"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        files = {name: text.encode() for name, text in _FILES.items()}
        files |= {"bin/busybox": Path(busybox).read_bytes(), **extra}
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755 if name.startswith("bin/") else 0o644
            tar.addfile(entry, io.BytesIO(data))
        for applet in _APPLETS:
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
    return held.getvalue()


def make(
    folder: Path,
    name: str,
    *,
    config: Mapping[str, Any] | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Image:
    """Write the archive of an image into ``folder``.

    Args:
        folder: where to; exists.
        name: of the image: ``registry.test/team/app:1.2``.
        config: members of its configuration (``Cmd``, ``Env``, ``User``, ``Labels``, ``Healthcheck``); by default it
            sleeps.
        files: more files, by their path; those in ``bin/`` are programs.
    """
    repository, _, tag = name.rpartition(":")
    layer = _layer(files or {})
    packed = gzip.compress(layer, mtime=0)
    configuration = json.dumps({
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-02T03:04:05Z",
        "config": {"Cmd": ["sleep", "2147483"], "Env": ["PATH=/bin"], **(config or {})},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        "history": [{"created": "2026-01-02T03:04:05Z", "created_by": "tests"}],
    }).encode()  # fmt: skip
    manifest = json.dumps({
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": _descriptor(f"{_OCI}.config.v1+json", configuration),
        "layers": [_descriptor(f"{_OCI}.layer.v1.tar+gzip", packed)],
    }).encode()  # fmt: skip
    described = _descriptor(f"{_OCI}.manifest.v1+json", manifest)
    described["annotations"] = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": tag}
    blobs = {hashlib.sha256(blob).hexdigest(): blob for blob in (packed, configuration, manifest)}
    config_hash, layer_hash = (hashlib.sha256(blob).hexdigest() for blob in (configuration, packed))
    docker = [{
        "Config": f"blobs/sha256/{config_hash}", "RepoTags": [name], "Layers": [f"blobs/sha256/{layer_hash}"],
    }]  # fmt: skip
    index = {"schemaVersion": 2, "mediaType": f"{_OCI}.index.v1+json", "manifests": [described]}
    members = {
        "oci-layout": json.dumps({"imageLayoutVersion": "1.0.0"}).encode(),
        "index.json": json.dumps(index).encode(),
        "manifest.json": json.dumps(docker).encode(),
    }
    members |= {f"blobs/sha256/{digest}": blob for digest, blob in blobs.items()}
    archive = folder / f"{name.replace('/', '_').replace(':', '_')}.tar"
    with tarfile.open(archive, "w") as tar:
        for path, data in members.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return Image(archive, repository, tag, config_hash, str(described["digest"]))


def _descriptor(kind: str, blob: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "digest": f"sha256:{hashlib.sha256(blob).hexdigest()}", "size": len(blob)}
