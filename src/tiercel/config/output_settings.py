# SPDX-License-Identifier: Apache-2.0
"""Settings of Falco's outputs: syslog, program and HTTP."""

from __future__ import annotations

from typing import Literal, TypeAlias

from tiercel.frozen import frozen
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["FileSettings", "FormatChoice", "HttpSettings", "ProgramSettings"]


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
