# SPDX-License-Identifier: Apache-2.0
"""``user.*`` and ``group.*``: user and group of the process."""

from __future__ import annotations

from tiercel.schema.types import Field, T

FIELDS = (
    Field("user.uid", T.UINT32, "Effective user id.", fmt="id", cost=1),
    Field(
        "user.name", T.CHARBUF, "Name of the effective user; `<NA>` if the id has no name.", metadata="users", cost=4
    ),
    Field("user.homedir", T.CHARBUF, "Home directory; `<NA>` if it is not known.", metadata="users", cost=4),
    Field("user.shell", T.CHARBUF, "Login shell; `<NA>` if it is not known.", metadata="users", cost=4),
    Field("user.loginuid", T.INT64, "User id of the login, -1 if there was none.", fmt="id", cost=1),
    Field(
        "user.loginname",
        T.CHARBUF,
        "Name of the user of the login; `<NA>` if the id has no name or there was no login.",
        metadata="users",
        cost=4,
    ),
    Field("group.gid", T.UINT32, "Effective group id.", fmt="id", cost=1, module="user"),
    Field(
        "group.name",
        T.CHARBUF,
        "Name of the effective group; `<NA>` if the id has no name.",
        metadata="users",
        cost=4,
        module="user",
    ),
)
