# SPDX-License-Identifier: Apache-2.0
"""Headers with credentials."""

from __future__ import annotations

import pytest

from tiercel.errors import UsageError
from tiercel.outputs.authorization import api_key, basic


def test_headers() -> None:
    assert basic("x", "me", "wörd:") == {"Authorization": "Basic bWU6d8O2cmQ6"}
    assert api_key("id:secret\n") == {"Authorization": "ApiKey aWQ6c2VjcmV0"}
    assert api_key("aWQ6c2VjcmV0") == {"Authorization": "ApiKey aWQ6c2VjcmV0"}
    assert basic("x", "", "") == api_key("") == {}


@pytest.mark.parametrize(("user", "text"), [("", "a password without a username"), ("a:b", "'a:b' has a colon")])
def test_wrong_credentials_are_not_shown(user: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"x: .*{text}") as caught:
        basic("x", user, "secret")
    assert caught.value.code == "E607"
    assert "secret" not in str(caught.value)
