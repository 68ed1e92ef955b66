# SPDX-License-Identifier: Apache-2.0
"""Settings of TLS connections from outputs to servers."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from tiercel.errors import OutputError

__all__ = ["client_context"]


def client_context(
    name: str,
    *,
    ca_file: str = "",
    ca_path: str = "",
    own: tuple[str, str | None] | None = None,
    insecure: bool = False,
) -> ssl.SSLContext:
    """Return the settings of a client.

    Args:
        name: the output in errors.
        ca_file: PEM file with certificates of authorities.
        ca_path: folder with such files by hash, if ``ca_file`` is empty. If both are, the system's authorities count.
        own: PEM files with a certificate to present, and with its key; None: the key is in the first file as well.
        insecure: accept any certificate of a server.

    Raises:
        OutputError: E801, a file cannot be read.
    """
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_file or ca_path:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        with _reading(name, ca_file or ca_path):
            context.load_verify_locations(ca_file or None, None if ca_file else ca_path)
    if own is not None:
        with _reading(name, *filter(None, own)):
            context.load_cert_chain(*own)
    return context


@contextmanager
def _reading(name: str, *files: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # ssl.SSLError as well
        raise OutputError("E801", f"{name}: {', '.join(files)}: {error.strerror or error}") from error
