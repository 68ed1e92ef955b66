# SPDX-License-Identifier: Apache-2.0
"""Settings of Falco's outputs (program and HTTP), and of the spools of outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from tiercel.config import values as read
from tiercel.config.values import ConfigValue
from tiercel.frozen import field, frozen, replace
from tiercel.schema.alert_formats import AlertFormat

__all__ = [
    "MAX_SPOOL_MB",
    "FileSettings",
    "FormatChoice",
    "HttpSettings",
    "ProgramSettings",
    "SpoolChoice",
    "SpoolSettings",
    "spool_choices",
]

MAX_SPOOL_MB: Final = 1 << 20


FormatChoice: TypeAlias = AlertFormat | Literal[""]
"""Format of one output; empty: the common format of all outputs."""


@frozen
class FileSettings:
    """Settings of the output to a file.

    Attributes:
        enabled: write the file.
        filename: path of the file.
        keep_alive: keep the file open between alerts.
        format: format of the alerts.
        rotate_bytes: size in bytes before a rotation; 0: any.
        rotate_every_ms: milliseconds of a period whose first alert rotates the file; 0: never.
        rotate_keep: number of old files.
        rotate_compress: compress old files by gzip.
    """

    enabled: bool = False
    filename: str = ""
    keep_alive: bool = False
    format: FormatChoice = ""
    rotate_bytes: int = 0
    rotate_every_ms: int = 0
    rotate_keep: int = 5
    rotate_compress: bool = False


@frozen
class ProgramSettings:
    """Settings of the output to a program.

    Attributes:
        enabled: run the program.
        keep_alive: one process for all alerts.
        program: command for the shell.
        format: format of the alerts.
    """

    enabled: bool = False
    format: FormatChoice = ""
    keep_alive: bool = False
    program: str = ""


@frozen
class HttpSettings:
    """Settings of the output to an HTTP server, with Falco's names and defaults; see ``tiercel.outputs.http``."""

    enabled: bool = False
    format: FormatChoice = ""
    url: str = ""
    user_agent: str = "falcosecurity/falco"
    insecure: bool = False
    ca_cert: str = ""
    ca_bundle: str = ""
    ca_path: str = ""
    mtls: bool = False
    client_cert: str = "/etc/ssl/certs/client.crt"
    client_key: str = "/etc/ssl/certs/client.key"
    echo: bool = False
    compress_uploads: bool = False
    keep_alive: bool = False
    max_consecutive_timeouts: int = 5


@frozen
class SpoolChoice:
    """Settings of the spool of one output; None: as for all outputs."""

    enabled: bool | None = None
    max_mb: int | None = None


@frozen
class SpoolSettings:
    """Settings of the spools of outputs.

    Attributes:
        enabled: alerts for remote outputs wait on disk.
        path: folder of the spools; empty: ``/var/lib/tiercel/spool`` for root, else in the user's state folder.
        max_mb: size of each spool, MiB.
        outputs: other settings of some outputs, by name; they switch spools of local outputs on, too.
    """

    enabled: bool = False
    path: str = ""
    max_mb: int = 256
    outputs: Mapping[str, SpoolChoice] = field(default_factory=dict)

    def of(self, output: str) -> SpoolChoice | None:
        """Return the settings of the spool of an output; None without a spool.

        ``enabled`` is None if only remote outputs have a spool.
        """
        choice = self.outputs.get(output, SpoolChoice())
        enabled = self.enabled if choice.enabled is None else choice.enabled
        return replace(choice, max_mb=choice.max_mb or self.max_mb) if enabled else None


def spool_choices(given: ConfigValue) -> dict[str, SpoolChoice]:
    """Return the settings of spools by the names of outputs."""
    if not isinstance(given.value, dict):
        raise given.wrong("names of outputs with their settings, as `{http: {max_mb: 1024}}`")
    return {name: _spool_choice(given, name, value) for name, value in given.value.items()}


def _spool_choice(given: ConfigValue, name: str, value: Any) -> SpoolChoice:
    parts = read.members(given, f".{name}", value, ("enabled", "max_mb"))
    return SpoolChoice(
        enabled=read.boolean(parts["enabled"]) if "enabled" in parts else None,
        max_mb=read.number_between(1, MAX_SPOOL_MB)(parts["max_mb"]) if "max_mb" in parts else None,
    )
