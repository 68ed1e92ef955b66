# SPDX-License-Identifier: Apache-2.0
"""Settings of TLS connections: authorities, own certificates, and files that cannot be read."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from support.certificates import make_certificate

from tiercel.errors import OutputError
from tiercel.outputs.tls import client_context


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make_certificate(cert, key, "localhost", "subjectAltName=DNS:localhost")
    return str(cert), str(key)


def test_servers_are_verified_unless_insecure(files: tuple[str, str]) -> None:
    for context in (client_context("x"), client_context("x", ca_file=files[0], own=files)):
        assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
    context = client_context("x", ca_file="/no/file", insecure=True)
    assert (context.check_hostname, context.verify_mode) == (False, ssl.CERT_NONE)


def test_an_authority_replaces_those_of_the_system(files: tuple[str, str], tmp_path: Path) -> None:
    (authority,) = client_context("x", ca_file=files[0], ca_path="/no/folder").get_ca_certs()
    assert authority["subject"] == ((("commonName", "localhost"),),)
    assert client_context("x", ca_path=str(tmp_path)).get_ca_certs() == []


def test_files_that_cannot_be_read(files: tuple[str, str]) -> None:
    cert, key = files
    with pytest.raises(OutputError, match=r"x: /no/file: No such file") as caught:
        client_context("x", ca_file="/no/file")
    assert caught.value.code == "E801"
    with pytest.raises(OutputError, match=rf"x: {cert}, /no/key: No such file"):
        client_context("x", own=(cert, "/no/key"))
    with pytest.raises(OutputError, match=rf"x: {cert}: "):
        client_context("x", own=(cert, None))  # its file contains no key
    client_context("x", own=(cert, key))
