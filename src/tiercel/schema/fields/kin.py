# SPDX-License-Identifier: Apache-2.0
"""``proc.*`` of other processes: the parent, the ancestors, the leaders of the session and the process group."""

from __future__ import annotations

from tiercel.schema.types import Field, T

_NO_PARENT = "the parent is not known"
_NO_ANCESTOR = "there is no such ancestor"
_NO_LEADER = "the process is not known; empty if only the leader is not"

_PARENT = (
    Field("proc.pname", T.CHARBUF, "Name of the parent.", cost=3, missing_when=_NO_PARENT, module="proc_lineage"),
    Field(
        "proc.pexe",
        T.CHARBUF,
        "First word of the parent's command line.",
        cost=3,
        missing_when=_NO_PARENT,
        module="proc_lineage",
    ),
    Field(
        "proc.pexepath", T.CHARBUF, "Executable of the parent.", cost=3, missing_when=_NO_PARENT, module="proc_lineage"
    ),
    Field(
        "proc.pcmdline",
        T.CHARBUF,
        "Name and arguments of the parent.",
        cost=5,
        missing_when=_NO_PARENT,
        module="proc_lineage",
    ),
    Field(
        "proc.pvpid",
        T.INT64,
        "Process id of the parent in its own pid namespace.",
        fmt="id",
        cost=3,
        missing_when=_NO_PARENT,
        module="proc_lineage",
    ),
)


def _ancestor(name: str, what: str, cost: int) -> Field:
    return Field(
        f"proc.{name}",
        T.INT64 if name == "apid" else T.CHARBUF,
        f"{what} of an ancestor: `proc.{name}[1]` is the parent's; without a number, any ancestor's.",
        arg="optional_index",
        fmt="id" if name == "apid" else "dec",
        multi="any",
        no_rhs=True,
        no_transformer=True,
        cost=cost,
        missing_when=_NO_ANCESTOR,
        module="proc_lineage",
    )


_ANCESTORS = (
    _ancestor("aname", "Name", 6),
    _ancestor("apid", "Process id", 6),
    _ancestor("aexe", "First word of the command line", 6),
    _ancestor("aexepath", "Executable", 6),
    _ancestor("acmdline", "Name and arguments", 8),
    Field(
        "proc.aargs",
        T.CHARBUF,
        "Arguments of an ancestor: `proc.aargs[1]` is the parent's; without a number, all of them, blanks between.",
        arg="optional_index",
        cost=8,
        missing_when=_NO_ANCESTOR,
        module="proc_lineage",
    ),
    Field(
        "proc.aenv",
        T.CHARBUF,
        "Environment of an ancestor: `proc.aenv[1]` is the parent's, `proc.aenv[NAME]` the nearest value of a variable;"
        " alone, any ancestor's.",
        arg="optional_index_or_key",
        multi="any",
        no_rhs=True,
        no_transformer=True,
        cost=10,
        missing_when=_NO_ANCESTOR,
        module="proc_lineage",
    ),
    Field(
        "proc.loginshellid",
        T.INT64,
        "Process id of the oldest process whose name ends in `sh`, among the process and its ancestors.",
        fmt="id",
        cost=6,
        missing_when="there is no such process",
        module="proc_lineage",
    ),
)

_LEADERS = tuple(
    Field(
        f"proc.{group}{name}",
        T.CHARBUF,
        f"{what} of the process that leads {of}.",
        needs="session",
        cost=6,
        missing_when=_NO_LEADER,
        module="proc_lineage",
    )
    for group, of, names in (
        ("s", "the session", ("name",)),
        ("sid", "the session", (".exe", ".exepath")),
        ("vpgid", "the process group, by the numbers of its own pid namespace", (".name", ".exe", ".exepath")),
        ("pgid", "the process group", (".name", ".exe", ".exepath")),
    )
    for name, what in (
        ("name", "Name"),
        (".name", "Name"),
        (".exe", "First word of the command line"),
        (".exepath", "Executable"),
    )
    if name in names
)

FIELDS = (*_PARENT, *_ANCESTORS, *_LEADERS)
