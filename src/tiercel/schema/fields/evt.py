# SPDX-License-Identifier: Apache-2.0
"""``evt.*``: the event itself: its time, its kind, its result and its params."""

from __future__ import annotations

from tiercel.schema.types import Field, T

_NO_RESULT = "the event has no result"
_NO_PARAM = "the event has no such param"
_NO_PLUGIN = "only events of plugins have it, and tiercel reads none"

_TIMES = (
    Field("evt.num", T.UINT64, "Number of the event, counted by the sensor from 1.", fmt="id", cost=1),
    Field("evt.time", T.CHARBUF, "Local time of the event, HH:MM:SS with nanoseconds.", cost=8),
    Field("evt.time.s", T.CHARBUF, "Local time of the event, HH:MM:SS.", cost=8),
    Field("evt.time.iso8601", T.CHARBUF, "Time of the event in UTC, as ISO 8601 with nanoseconds.", cost=8),
    Field("evt.datetime", T.CHARBUF, "Local date and time of the event, with nanoseconds.", cost=8),
    Field("evt.datetime.s", T.CHARBUF, "Local date and time of the event, whole seconds.", cost=8),
    Field("evt.rawtime", T.ABSTIME, "Time of the event, nanoseconds since 1970.", cost=1),
    Field("evt.rawtime.s", T.ABSTIME, "Time of the event, whole seconds since 1970.", cost=1),
    Field("evt.rawtime.ns", T.ABSTIME, "Nanoseconds within the second of the event.", fmt="padded", cost=1),
    Field(
        "evt.reltime",
        T.RELTIME,
        "Nanoseconds since the first event.",
        fmt="padded",
        cost=1,
    ),
    Field(
        "evt.reltime.s",
        T.RELTIME,
        "Whole seconds since the first event.",
        cost=1,
    ),
    Field(
        "evt.reltime.ns",
        T.RELTIME,
        "Nanoseconds since the first event, without its whole seconds.",
        fmt="padded",
        cost=1,
    ),
    Field("evt.deltatime", T.RELTIME, "Nanoseconds since the event before.", shown=True, cost=1),
    Field("evt.deltatime.s", T.RELTIME, "Whole seconds since the event before.", shown=True, cost=1),
    Field(
        "evt.deltatime.ns",
        T.RELTIME,
        "Nanoseconds since the event before, without its whole seconds.",
        fmt="padded",
        shown=True,
        cost=1,
    ),
    Field(
        "evt.outputtime",
        T.CHARBUF,
        "The same as `evt.time`.",
        cost=8,
    ),
    Field(
        "evt.around",
        T.UINT64,
        "`evt.around[T] = D`: the event lies within D milliseconds of T, nanoseconds since 1970.",
        arg="index",
        filter_only=True,
        no_rhs=True,
        no_transformer=True,
        cost=1,
    ),
    Field("evt.latency", T.RELTIME, "Always 0.", deprecated="always 0", cost=1),
    Field("evt.latency.s", T.RELTIME, "Always 0.", deprecated="always 0", cost=1),
    Field("evt.latency.ns", T.RELTIME, "Always 0.", fmt="padded", deprecated="always 0", cost=1),
    Field(
        "evt.latency.quantized",
        T.UINT64,
        "Always 0.",
        hidden=True,
        deprecated="always 0",
        cost=1,
    ),
    Field("evt.latency.human", T.CHARBUF, "Always `0ns`.", deprecated="always `0ns`", cost=1),
    Field("evt.wait_latency", T.RELTIME, "Always 0.", deprecated="always 0", cost=1),
)

_KINDS = (
    Field("evt.type", T.CHARBUF, "Name of the event: that of the system call, or `procexit`.", cost=1),
    Field(
        "evt.type.is",
        T.UINT32,
        "1 if the event has that name, otherwise 0: `evt.type.is.open`.",
        arg="dotted",
        names="event",
        shown=True,
        cost=1,
    ),
    Field(
        "syscall.type",
        T.CHARBUF,
        "Name of the system call.",
        cost=1,
        missing_when="the event is not the end of a system call",
        module="evt",
    ),
    Field(
        "evt.dir",
        T.CHARBUF,
        "`<` for the end of a system call, `>` for an event that has no such end.",
        deprecated="every system call is reported once, at its end",
        cost=1,
    ),
    Field(
        "evt.category",
        T.CHARBUF,
        "Topic of the event: file, net, process, user, memory, signal, ipc, other.",
        cost=2,
    ),
    Field("evt.cpu", T.INT16, "Processor on which the event happened.", fmt="id", cost=1),
    Field("evt.source", T.CHARBUF, "Where events of this kind come from: `syscall`.", cost=1),
    Field(
        "evt.hostname",
        T.CHARBUF,
        "Name of the machine, or the value of `FALCO_HOSTNAME`; in a capture, name of the recorded machine.",
        cost=1,
        missing_when="the capture does not contain it",
    ),
    Field(
        "evt.is_async",
        T.BOOL,
        "The event was made by a plugin or by the sensor, not by the kernel.",
        cost=1,
    ),
    Field(
        "evt.asynctype",
        T.CHARBUF,
        "Name of an event that a plugin or the sensor made beside the kernel's.",
        missing_when="the event is the kernel's",
        cost=1,
    ),
    Field(
        "evt.pluginname",
        T.CHARBUF,
        "Name of the plugin that the event comes from.",
        pending=_NO_PLUGIN,
        missing_when="the event is not a plugin's",
        cost=1,
    ),
    Field(
        "evt.plugininfo",
        T.CHARBUF,
        "The event as its plugin describes it.",
        pending=_NO_PLUGIN,
        missing_when="the event is not a plugin's",
        cost=1,
    ),
)

_RESULTS = (
    Field("evt.res", T.CHARBUF, "`SUCCESS`, or the name of the error.", cost=2, missing_when=_NO_RESULT),
    Field("evt.rawres", T.INT64, "Result as a number, negative for errors.", cost=1, missing_when=_NO_RESULT),
    Field("evt.failed", T.BOOL, "The result is an error.", cost=1, missing_when=_NO_RESULT),
    Field("evt.is_open_read", T.BOOL, "A file was opened for reading; opening for both counts.", cost=1),
    Field("evt.is_open_write", T.BOOL, "A file was opened for writing; opening for both counts.", cost=1),
    Field("evt.is_open_exec", T.BOOL, "A file was created with a permission to execute it.", cost=1),
    Field(
        "evt.is_open_create",
        T.BOOL,
        "Opening made a file that was not there before.",
        cost=1,
    ),
)

_PARAMS = (
    Field(
        "evt.arg",
        T.CHARBUF,
        "One param as text, by name (`evt.arg.flags`) or position (`evt.arg[1]`): its meaning or its value.",
        arg="param",
        names="param",
        path=True,
        cost=4,
        missing_when=_NO_PARAM,
    ),
    Field(
        "evt.rawarg",
        T.DYN,
        "One param by name, compared as what it is: a number, a text, bytes.",
        arg="dotted",
        names="param",
        no_rhs=True,
        no_transformer=True,
        shown=True,
        cost=2,
        missing_when=_NO_PARAM,
    ),
    Field("evt.args", T.CHARBUF, "All params as text, name=value separated by blanks.", path=True, cost=10),
    Field("evt.info", T.CHARBUF, "The same as `evt.args`.", path=True, cost=10),
    Field(
        "evt.abspath",
        T.CHARBUF,
        "Path of a call that names a directory beside it, made absolute; `.src` and `.dst` of a call on two paths.",
        arg="optional_dotted",
        names="src dst",
        path=True,
        cost=4,
        missing_when="the event has no such path",
    ),
    Field(
        "evt.path_binding",
        T.CHARBUF,
        "Which truth the path fields hold: `requested` by the program or `resolved` by the kernel.",
        path=True,
        cost=1,
        missing_when="the event has no path",
    ),
)

FIELDS = (*_TIMES, *_KINDS, *_RESULTS, *_PARAMS)
