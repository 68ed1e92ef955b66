# SPDX-License-Identifier: Apache-2.0
"""``evt.*`` of reading, writing, waiting and counting; ``util.*`` and ``fdlist.*``."""

from __future__ import annotations

from tiercel.schema.types import Field, T

_NO_TABLE = "only captures describe descriptors other than the event's own"
_NO_DOCKER = "no such event is produced any more"

_IO = (
    Field("evt.is_io", T.BOOL, "The event reads from a descriptor or writes to it.", cost=1, module="evt_io"),
    Field("evt.is_io_read", T.BOOL, "The event reads from a descriptor.", cost=1, module="evt_io"),
    Field("evt.is_io_write", T.BOOL, "The event writes to a descriptor.", cost=1, module="evt_io"),
    Field(
        "evt.is_io_uring",
        T.BOOL,
        "The event is a request of io_uring and no system call. Falco does not see such requests.",
        cost=1,
        module="evt_io",
    ),
    Field(
        "evt.is_toctou",
        T.BOOL,
        "The memory of a name that the call passed changed while the call ran, so that a rule may have missed the name "
        "that the kernel used; of calls that open no file. Falco does not see this.",
        cost=1,
        module="evt_io",
    ),
    Field(
        "evt.toctou_names",
        T.CHARBUF,
        "The texts of such names that the event's own params do not hold.",
        multi="list",
        cost=3,
        missing_when="`evt.is_toctou` is false, or the memory was not readable",
        module="evt_io",
    ),
    Field(
        "evt.io_dir",
        T.CHARBUF,
        "`read` or `write`.",
        cost=1,
        missing_when="the event neither reads nor writes",
        module="evt_io",
    ),
    Field("evt.is_wait", T.BOOL, "The event waits for something: sleep, select, poll.", cost=1, module="evt_io"),
    Field("evt.is_syslog", T.BOOL, "The event writes to the socket of the system log.", cost=4, module="evt_io"),
    Field(
        "evt.buffer",
        T.BYTEBUF,
        "What was read or written, as far as it was recorded.",
        shown=True,
        missing_when="the event has no data",
        module="evt_io",
    ),
    Field(
        "evt.buflen",
        T.UINT64,
        "Bytes that were read or written.",
        missing_when="the event neither reads nor writes, or it failed",
        module="evt_io",
    ),
    *(
        Field(f"evt.buflen.{name}", T.UINT64, doc, hidden=True, missing_when="there were none", module="evt_io")
        for name, doc in (
            ("in", "Bytes that were read."),
            ("out", "Bytes that were written."),
            ("file", "Bytes that were read from a file or written to one."),
            ("file.in", "Bytes that were read from a file."),
            ("file.out", "Bytes that were written to a file."),
            ("net", "Bytes that came through an IP socket or went out of one."),
            ("net.in", "Bytes that came through an IP socket."),
            ("net.out", "Bytes that went out of an IP socket."),
        )
    ),
)

_COUNTS = (
    Field("evt.count", T.UINT32, "Always 1.", cost=1, module="evt_io"),
    Field(
        "evt.count.error",
        T.UINT32,
        "1 if the result is an error, otherwise 0.",
        cost=1,
        missing_when="the event has no result",
        module="evt_io",
    ),
    *(
        Field(
            f"evt.count.error.{name}",
            T.UINT32,
            f"`evt.count.error` of an event {of}.",
            missing_when="the event is another, or has no result",
            module="evt_io",
        )
        for name, of in (
            ("file", "on a file or directory"),
            ("net", "on a socket"),
            ("memory", "of memory"),
            ("other", "on anything but files, sockets and memory"),
        )
    ),
    Field(
        "evt.count.exit",
        T.UINT32,
        "Always 1.",
        cost=1,
        missing_when="the event has no end",
        module="evt_io",
    ),
    Field(
        "evt.count.procinfo",
        T.UINT32,
        "1 for an event about the state of a process.",
        hidden=True,
        cost=1,
        module="evt_io",
    ),
    Field(
        "evt.count.threadinfo",
        T.UINT32,
        "1 for an event about the state of a thread.",
        hidden=True,
        cost=1,
        module="evt_io",
    ),
    Field(
        "util.cnt",
        T.UINT64,
        "How often this field was read.",
        fmt="id",
        hidden=True,
        pending="values are read once and kept",
        cost=1,
    ),
)

_LEGACY = tuple(
    Field(
        f"evt.infra.docker.{name}",
        T.CHARBUF,
        doc,
        hidden=True,
        pending=_NO_DOCKER,
        missing_when="the event is another",
    )
    for name, doc in (
        ("name", "What happened, of an old event of docker."),
        ("container.id", "Id of the container, of an old event of docker."),
        ("container.name", "Name of the container, of an old event of docker."),
        ("container.image", "Image of the container, of an old event of docker."),
    )
)

_LISTS = (
    Field(
        "fdlist.nums",
        T.CHARBUF,
        "Descriptors that poll waits for, numbers with commas between them.",
        fmt="id",
        missing_when="the event is another",
    ),
    *(
        Field(f"fdlist.{name}", T.CHARBUF, doc, pending=_NO_TABLE, partial=True, missing_when=missing)
        for name, doc, missing in (
            ("names", "Their names, with commas between them.", "the event is another"),
            ("cips", "Client addresses of the sockets among them, with commas between them.", "there are none"),
            ("sips", "Server addresses of the sockets among them, with commas between them.", "there are none"),
            ("cports", "Client ports of the sockets among them, with commas between them.", "there are none"),
            ("sports", "Server ports of the sockets among them, with commas between them.", "there are none"),
        )
    ),
)

FIELDS = (*_IO, *_COUNTS, *_LEGACY, *_LISTS)
