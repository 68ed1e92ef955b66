# SPDX-License-Identifier: Apache-2.0
"""``thread.*``, ``user.*``, ``group.*`` and ``container.*``: who acts, and where."""

from __future__ import annotations

from tiercel.schema.types import Field, T

FIELDS = (
    Field("thread.tid", T.INT64, "Thread id.", fmt="id", cost=1),
    Field("thread.vtid", T.INT64, "Thread id in its own pid namespace.", fmt="id", cost=1),
    Field("user.uid", T.UINT32, "Effective user id.", fmt="id", cost=1),
    Field("user.name", T.CHARBUF, "Name of the effective user; `<NA>` if the id has no name.", cost=4),
    Field("user.loginuid", T.INT64, "User id of the login, -1 if there was none.", fmt="id", cost=1),
    Field("group.gid", T.UINT32, "Effective group id.", fmt="id", cost=1),
    Field("group.name", T.CHARBUF, "Name of the effective group; `<NA>` if the id has no name.", cost=4),
    Field(
        "container.id",
        T.CHARBUF,
        "First 12 characters of the container's id, taken from the control group; `host` outside of containers.",
        cost=2,
        missing_when="the process is not known",
    ),
)
