# SPDX-License-Identifier: Apache-2.0
"""``evt.*``: the event itself."""

from __future__ import annotations

from tiercel.schema.types import Field, T

FIELDS = (
    Field("evt.num", T.UINT64, "Number of the event, counted by the sensor from 1.", fmt="id", cost=1),
    Field("evt.time", T.CHARBUF, "Local time of the event, HH:MM:SS with nanoseconds.", cost=8),
    Field("evt.time.s", T.CHARBUF, "Local time of the event, HH:MM:SS.", cost=8),
    Field("evt.time.iso8601", T.CHARBUF, "Time of the event in UTC, as ISO 8601 with nanoseconds.", cost=8),
    Field("evt.datetime", T.CHARBUF, "Local date and time of the event, with nanoseconds.", cost=8),
    Field("evt.datetime.s", T.CHARBUF, "Local date and time of the event, whole seconds.", cost=8),
    Field("evt.rawtime", T.ABSTIME, "Time of the event, nanoseconds since 1970.", cost=1),
    Field("evt.rawtime.s", T.ABSTIME, "Time of the event, whole seconds since 1970.", cost=1),
    Field("evt.rawtime.ns", T.ABSTIME, "Nanoseconds within the second of the event.", fmt="padded", cost=1),
    Field("evt.type", T.CHARBUF, "Name of the event: that of the system call, or `procexit`.", cost=1),
    Field("evt.dir", T.CHARBUF, "`<` for the end of a system call, `>` for an event that has no such end.", cost=1),
    Field(
        "evt.category", T.CHARBUF, "Topic of the event: file, net, process, user, memory, signal, ipc, other.", cost=2
    ),
    Field("evt.cpu", T.INT16, "Processor on which the event happened.", fmt="id", cost=1),
    Field(
        "evt.res",
        T.CHARBUF,
        "`SUCCESS`, or the name of the error.",
        cost=2,
        missing_when="the event has no result",
    ),
    Field(
        "evt.rawres",
        T.INT64,
        "Result as a number, negative for errors.",
        cost=1,
        missing_when="the event has no result",
    ),
    Field("evt.failed", T.BOOL, "The result is an error.", cost=1, missing_when="the event has no result"),
    Field("evt.is_open_read", T.BOOL, "A file was opened for reading; opening for both counts.", cost=1),
    Field("evt.is_open_write", T.BOOL, "A file was opened for writing; opening for both counts.", cost=1),
    Field("evt.is_open_exec", T.BOOL, "A file was created with a permission to execute it.", cost=1),
    Field(
        "evt.arg",
        T.CHARBUF,
        "One param as text, by name (`evt.arg.flags`) or position (`evt.arg[1]`): its meaning or its value.",
        arg="param",
        path=True,
        cost=4,
        missing_when="the event has no such param",
    ),
    Field("evt.args", T.CHARBUF, "All params as text, name=value separated by blanks.", path=True, cost=10),
    Field(
        "evt.path_binding",
        T.CHARBUF,
        "Which truth the path fields hold: `requested` by the program or `resolved` by the kernel.",
        path=True,
        cost=1,
        missing_when="the event has no path",
    ),
)
