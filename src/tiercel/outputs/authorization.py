# SPDX-License-Identifier: Apache-2.0
"""Header ``Authorization`` of HTTP requests."""

from __future__ import annotations

from base64 import b64encode

from tiercel.errors import UsageError

__all__ = ["api_key", "basic"]


def basic(name: str, username: str, password: str) -> dict[str, str]:
    """Return the header of basic authentication, or no header without a user; ``name`` is the output in errors.

    Raises:
        UsageError: E607, there is a password without a user, or a user with a colon.
    """
    if not username and password:
        raise UsageError("E607", f"{name}: there is a password without a username")
    if ":" in username:
        raise UsageError("E607", f"{name}: the username {username!r} has a colon")
    return {"Authorization": f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"} if username else {}


def api_key(key: str) -> dict[str, str]:
    """Return the header of an API key of Elasticsearch, or no header without one.

    A key with a colon, ``ID:SECRET``, is encoded; any other text is an encoded key.
    """
    key = key.strip()
    encoded = b64encode(key.encode()).decode() if ":" in key else key
    return {"Authorization": f"ApiKey {encoded}"} if key else {}
