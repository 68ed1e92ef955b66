# SPDX-License-Identifier: Apache-2.0
"""Events of the sensor, plugins and captures about themselves."""

from __future__ import annotations

from tiercel.schema.types import CAPTURES_ONLY, OLDER_FORM, Event, Param, T

DROP = Event(
    "drop",
    code=148,
    doc="The capture began to drop events.",
    category="internal",
    params=(Param("ratio", T.UINT32, "of how many events one is kept"),),
    direction=">",
    origin="meta",
    flags=frozenset({"no_thread"}),
    pending=CAPTURES_ONLY,
)

DROP_X = Event(
    "drop",
    code=149,
    doc="The capture stopped dropping events.",
    category="internal",
    params=(Param("ratio", T.UINT32, "of how many events one is kept"),),
    origin="meta",
    flags=frozenset({"no_thread"}),
    symbol="drop_x",
    pending=CAPTURES_ONLY,
)

SCAPEVENT = Event(
    "scapevent",
    code=196,
    doc="A mark that the capture library leaves for itself.",
    category="internal",
    params=(
        Param("event_type", T.UINT32, "kind of mark"),
        Param("event_data", T.UINT64, "its value"),
    ),
    direction=">",
    origin="meta",
    flags=frozenset({"no_thread"}),
    pending=CAPTURES_ONLY,
)

PROCINFO = Event(
    "procinfo",
    code=234,
    doc="The CPU time that a process has used.",
    category="internal",
    params=(
        Param("cpu_usr", T.UINT64, "user time"),
        Param("cpu_sys", T.UINT64, "system time"),
    ),
    direction=">",
    origin="meta",
    flags=frozenset({"no_thread"}),
    pending=CAPTURES_ONLY,
)

CPU_HOTPLUG = Event(
    "cpu_hotplug",
    code=244,
    doc="A CPU was taken away or came back.",
    category="system",
    params=(
        Param("cpu", T.UINT32, "CPU"),
        Param("action", T.UINT32, "what happened to it"),
    ),
    direction=">",
    origin="meta",
    flags=frozenset({"modifies_state", "no_thread"}),
    pending=CAPTURES_ONLY,
)

NOTIFICATION = Event(
    "notification",
    code=280,
    doc="A message of an agent.",
    category="other",
    params=(
        Param("id", T.CHARBUF, "identifier"),
        Param("desc", T.CHARBUF, "text"),
    ),
    direction=">",
    origin="meta",
    flags=frozenset({"no_thread"}),
    pending=CAPTURES_ONLY,
)

INFRA = Event(
    "infra",
    code=286,
    doc="An event of the infrastructure.",
    category="internal",
    params=(
        Param("source", T.CHARBUF, "where it comes from"),
        Param("name", T.CHARBUF, "name"),
        Param("description", T.CHARBUF, "text"),
        Param("scope", T.CHARBUF, "what it is about"),
    ),
    direction=">",
    origin="meta",
    flags=frozenset({"no_thread"}),
    pending=CAPTURES_ONLY,
)

PLUGINEVENT = Event(
    "pluginevent",
    code=322,
    doc="An event of a plugin that is a source.",
    category="other",
    params=(
        Param("plugin_id", T.UINT32, "number of the plugin"),
        Param("event_data", T.BYTEBUF, "payload"),
    ),
    direction=">",
    origin="plugin",
    flags=frozenset({"large"}),
    pending=CAPTURES_ONLY,
)

ASYNCEVENT = Event(
    "asyncevent",
    code=402,
    doc="An event that does not come from the kernel: live, `container`, when container metadata becomes known; in "
    "captures, events of plugins.",
    category="other",
    params=(
        Param("plugin_id", T.UINT32, "number of the plugin that added it, 0 for none"),
        Param("name", T.CHARBUF, "name of the event, which is also its type"),
        Param("data", T.BYTEBUF, "payload"),
    ),
    direction=">",
    origin="meta",
    flags=frozenset({"large"}),
    generated_as="container",
)

CONTAINER = Event(
    "container",
    code=324,
    doc="Metadata of a container, as JSON.",
    category="process",
    params=(Param("json", T.CHARBUF, "JSON text"),),
    direction=">",
    origin="meta",
    flags=frozenset({"large", "modifies_state"}),
    pending=OLDER_FORM,
)

USERADDED = Event(
    "useradded",
    code=354,
    doc="A user became known.",
    category="process",
    params=(
        Param("uid", T.UINT32, "user"),
        Param("gid", T.UINT32, "primary group"),
        Param("name", T.CHARBUF, "name of the user"),
        Param("home", T.CHARBUF, "home directory"),
        Param("shell", T.CHARBUF, "login shell"),
        Param("container_id", T.CHARBUF, "container, empty for the host"),
    ),
    direction=">",
    origin="meta",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

USERDELETED = Event(
    "userdeleted",
    code=356,
    doc="A user is no longer known.",
    category="process",
    params=(
        Param("uid", T.UINT32, "user"),
        Param("gid", T.UINT32, "primary group"),
        Param("name", T.CHARBUF, "name of the user"),
        Param("home", T.CHARBUF, "home directory"),
        Param("shell", T.CHARBUF, "login shell"),
        Param("container_id", T.CHARBUF, "container, empty for the host"),
    ),
    direction=">",
    origin="meta",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

GROUPADDED = Event(
    "groupadded",
    code=358,
    doc="A group became known.",
    category="process",
    params=(
        Param("gid", T.UINT32, "group"),
        Param("name", T.CHARBUF, "name of the group"),
        Param("container_id", T.CHARBUF, "container, empty for the host"),
    ),
    direction=">",
    origin="meta",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

GROUPDELETED = Event(
    "groupdeleted",
    code=360,
    doc="A group is no longer known.",
    category="process",
    params=(
        Param("gid", T.UINT32, "group"),
        Param("name", T.CHARBUF, "name of the group"),
        Param("container_id", T.CHARBUF, "container, empty for the host"),
    ),
    direction=">",
    origin="meta",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

EVENTS = (
    DROP,
    DROP_X,
    SCAPEVENT,
    PROCINFO,
    CPU_HOTPLUG,
    NOTIFICATION,
    INFRA,
    PLUGINEVENT,
    ASYNCEVENT,
    CONTAINER,
    USERADDED,
    USERDELETED,
    GROUPADDED,
    GROUPDELETED,
)
