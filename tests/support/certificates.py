# SPDX-License-Identifier: Apache-2.0
"""Certificates for servers on loopback."""

from __future__ import annotations

import subprocess
from pathlib import Path


def make_certificate(
    file: Path, key: Path, name: str, *extensions: str, options: tuple[str, ...] = ("-nodes",)
) -> None:
    """Make a key and a certificate for two days, self-signed unless ``options`` name an authority.

    The key is of an elliptic curve, which is quick to make.
    """
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    added = (word for one in extensions for word in ("-addext", one))
    command = ("openssl", "req", "-x509", *curve, "-days", "2", *options, "-subj", f"/CN={name}", *added)
    subprocess.run([*command, "-keyout", str(key), "-out", str(file)], check=True, capture_output=True)
