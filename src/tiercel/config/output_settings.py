# SPDX-License-Identifier: Apache-2.0
"""Settings of Falco's outputs: syslog, program and HTTP."""

from __future__ import annotations

from typing import Literal, TypeAlias

from tiercel.frozen import frozen
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["FormatChoice", "HttpSettings", "ProgramSettings"]


FormatChoice: TypeAlias = AlertFormat | Literal[""]
"""Format of one output; empty: the common format of all outputs."""


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
