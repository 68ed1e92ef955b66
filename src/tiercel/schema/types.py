# SPDX-License-Identifier: Apache-2.0
"""Row classes of the schema tables, and the value types of params and fields.

A row is data: it is read by the generator (C header, Cython tables, reference docs), by the rule compiler (names,
types) and by the command line (listings).  No other place states these facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tiercel.frozen import frozen

# Types of params that Falco does not compare.
_NOT_COMPARED: Final = frozenset(
    {"UID", "GID", "PID32", "SIGSET", "SOCKADDR", "SOCKTUPLE", "DYN", "FDLIST", "CHARBUFARRAY"}
)

_FORMS: Final = {
    "index": frozenset({"index"}),
    "key": frozenset({"key"}),
    "index_or_key": frozenset({"index", "key"}),
    "dotted": frozenset({"dotted"}),
    "param": frozenset({"dotted", "index"}),
}

ARGUMENTS: Final[Mapping[str, frozenset[str]]] = MappingProxyType({
    "none": frozenset({"alone"}),
    **_FORMS,
    **{f"optional_{name}": forms | {"alone"} for name, forms in _FORMS.items()},
})  # fmt: skip
"""Values of ``Field.arg``, and the forms that a condition may use: ``alone``, ``index`` (``name[1]``), ``key``
(``name[text]``), ``dotted`` (``name.text``)."""


@frozen
class ValueType:
    """One type of the wire format or of a field.

    Attributes:
        name: Falco's name for the type (``spec/events.md`` section 2), without the ``PT_`` prefix.
        ctype: member type in the generated C struct.
        size: bytes of that member.
        kind: how the evaluator compares it: ``str``, ``bytes``, ``uint``, ``int``, ``bool``, ``ip``, ``net``,
            ``double``.
        code: Falco's number of the type, as capture files and plugins use it.
    """

    name: str
    ctype: str
    size: int
    kind: str
    code: int

    @property
    def is_path(self) -> bool:
        """The value is a path with two bindings, requested and resolved (design D3)."""
        return self.ctype == "struct ev_path"

    @property
    def is_compared(self) -> bool:
        """Operators other than ``exists`` take values of the type."""
        return self.name not in _NOT_COMPARED

    @property
    def is_ref(self) -> bool:
        """The struct member is a reference into the tail of the record."""
        return self.ctype == "struct ev_ref"


class T:
    """The value types.  Not an Enum: types with equal contents must stay distinct."""

    INT8: Final = ValueType("INT8", "__s8", 1, "int", 1)
    INT16: Final = ValueType("INT16", "__s16", 2, "int", 2)
    INT32: Final = ValueType("INT32", "__s32", 4, "int", 3)
    INT64: Final = ValueType("INT64", "__s64", 8, "int", 4)
    UINT8: Final = ValueType("UINT8", "__u8", 1, "uint", 5)
    UINT16: Final = ValueType("UINT16", "__u16", 2, "uint", 6)
    UINT32: Final = ValueType("UINT32", "__u32", 4, "uint", 7)
    UINT64: Final = ValueType("UINT64", "__u64", 8, "uint", 8)
    ERRNO: Final = ValueType("ERRNO", "__s64", 8, "int", 11)
    FD: Final = ValueType("FD", "__s64", 8, "int", 14)
    PID: Final = ValueType("PID", "__s64", 8, "int", 15)
    UID: Final = ValueType("UID", "__u32", 4, "uint", 31)
    GID: Final = ValueType("GID", "__u32", 4, "uint", 32)
    SIGTYPE: Final = ValueType("SIGTYPE", "__u8", 1, "uint", 19)
    FLAGS8: Final = ValueType("FLAGS8", "__u8", 1, "uint", 28)
    FLAGS16: Final = ValueType("FLAGS16", "__u16", 2, "uint", 29)
    FLAGS32: Final = ValueType("FLAGS32", "__u32", 4, "uint", 30)
    ENUMFLAGS8: Final = ValueType("ENUMFLAGS8", "__u8", 1, "uint", 44)
    ENUMFLAGS16: Final = ValueType("ENUMFLAGS16", "__u16", 2, "uint", 45)
    ENUMFLAGS32: Final = ValueType("ENUMFLAGS32", "__u32", 4, "uint", 46)
    MODE: Final = ValueType("MODE", "__u32", 4, "uint", 42)
    RELTIME: Final = ValueType("RELTIME", "__u64", 8, "uint", 20)
    ABSTIME: Final = ValueType("ABSTIME", "__u64", 8, "uint", 21)
    SYSCALLID: Final = ValueType("SYSCALLID", "__u16", 2, "uint", 18)
    SIGSET: Final = ValueType("SIGSET", "__u32", 4, "uint", 34)
    PID32: Final = ValueType("PID32", "__s32", 4, "int", 48)
    FD32: Final = ValueType("FD32", "__s32", 4, "int", 47)
    BOOL: Final = ValueType("BOOL", "__u32", 4, "bool", 25)
    PORT: Final = ValueType("PORT", "__u16", 2, "uint", 22)
    CHARBUF: Final = ValueType("CHARBUF", "struct ev_ref", 4, "str", 9)
    BYTEBUF: Final = ValueType("BYTEBUF", "struct ev_ref", 4, "bytes", 10)
    FSPATH: Final = ValueType("FSPATH", "struct ev_path", 12, "str", 17)
    FSRELPATH: Final = ValueType("FSRELPATH", "struct ev_path", 12, "str", 43)
    SOCKADDR: Final = ValueType("SOCKADDR", "struct ev_ref", 4, "bytes", 12)
    SOCKTUPLE: Final = ValueType("SOCKTUPLE", "struct ev_ref", 4, "bytes", 13)
    DYN: Final = ValueType("DYN", "struct ev_ref", 4, "bytes", 27)
    FDLIST: Final = ValueType("FDLIST", "struct ev_ref", 4, "bytes", 16)
    CHARBUFARRAY: Final = ValueType("CHARBUFARRAY", "struct ev_ref", 4, "bytes", 35)
    IPV4ADDR: Final = ValueType("IPV4ADDR", "struct ev_ref", 4, "ip", 26)
    IPV6ADDR: Final = ValueType("IPV6ADDR", "struct ev_ref", 4, "ip", 38)
    IPADDR: Final = ValueType("IPADDR", "", 0, "ip", 40)
    IPNET: Final = ValueType("IPNET", "", 0, "net", 41)
    DOUBLE: Final = ValueType("DOUBLE", "double", 8, "double", 33)


NOT_FILLED: Final = "the probe does not fill it yet"
CAPTURES_ONLY: Final = "no probe makes it"
OLDER_FORM: Final = "the sensor itself makes it an `asyncevent`, as Falco does"
"""Why events are pending."""


INTERNAL_CODES: Final = 1000
"""First code of internal events."""

OWN_CODES: Final = 2048
"""First code of the events that rules can see and Falco lacks. Falco numbers its events from 0 and has below 500."""


@frozen
class Syscall:
    """A system call that produces the event; an event has one for each native call that means the same.

    Attributes:
        name: the kernel's name of the call.
        x86_64: its number for 64-bit programs, or None.
        ia32: its number for 32-bit programs, or None.
        socketcall: the number under which the 32-bit ``socketcall`` multiplexes it, or None.
        ids16: the 32-bit call takes 16-bit user and group ids, in which 65535 means -1.
    """

    name: str
    x86_64: int | None
    ia32: int | None = None
    socketcall: int | None = None
    ids16: bool = False


@frozen
class FlagTable:
    """Names of the bits or values of a param, in the order in which printing tries them.

    Attributes:
        own: Falco has no table of this name; the values are the kernel's.
    """

    name: str
    doc: str
    rows: tuple[tuple[str, int], ...]
    own: bool = False


@frozen
class Variants:
    """Types that a DYN param may have; its first byte is the position in ``rows`` of (type, print format)."""

    name: str
    doc: str
    rows: tuple[tuple[ValueType, str], ...]


@frozen
class Param:
    """One value carried by an event, in Falco's order.

    Attributes:
        fmt: print format, ``dec``, ``hex`` or ``oct`` (``spec/events.md`` section 6).
        flags: name of the flag table in ``flags.py`` that prints the value, or None.
        dirfd: for FSRELPATH, the index of the param that holds the directory.
        variants: for DYN, name of the variant table.
    """

    name: str
    type: ValueType
    doc: str
    fmt: str = "dec"
    flags: str | None = None
    dirfd: int | None = None
    variants: str | None = None


TRAITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "opens_path": "opens a file by its path",
        "open_flags": "has a param with the flags of open(2)",
        "path_lookup": "has a path that the probe looks up after the call",
        "uring": "io_uring requests can make it",
        "other_result": "the first param is not the return value: the child's side of a clone, one record per message",
        "keeps_state": "updates the process table, in addition to the events with `lifecycle`",
        "ends_in_probe": "the program at the end of the call releases state that the one at the beginning took",
        "high_rate": "busy machines produce it thousands of times a second",
        "on_demand": "produced all the time on any machine: reported only to rules that name it",
    }
)
"""Traits of events, with their meanings."""


@frozen
class Event:
    """One event type.

    Attributes:
        name: ``evt.type``; for events with ``is_named`` only the default.
        code: Falco's code of the current form of the event, or one from ``OWN_CODES`` on; stable, never reused.
        category: ``evt.category``; the kind of descriptor decides between ``io_read``, ``io_write`` and ``io_other``.
        direction: ``evt.dir``: ``<`` for syscall exits, ``>`` for the tracepoints that Falco numbers as enter events.
        flags: of Falco's table: ``creates_fd``, ``uses_fd``, ``destroys_fd``, ``reads``, ``writes``,
            ``modifies_state``, ``waits``, ``no_thread`` (Falco looks up no thread for it), ``large`` (lengths of params
            in captures have 32 bits).
        traits: properties that Falco's table lacks: names of :data:`TRAITS`.
        fd_param: index of the param that holds the fd the event works on, or None.
        fs_path: name of the param that ``fs.path.name`` shows, a path or a descriptor; or names of the params of
            ``fs.path.source`` and ``fs.path.target``; or empty.
        file: the record carries ``struct ev_file file``, the description of that fd.
        lifecycle: uses the life-cycle ring.
        extra: members after the params that Falco's event lacks; read by the core, not visible as ``evt.arg``.
        internal: kept for state only and never shown to rules. Codes from ``INTERNAL_CODES`` on are not Falco's.
        origin: ``syscall``, ``tracepoint``, ``meta``, ``plugin`` or ``iter``.
        symbol: names ``struct ev_<symbol>``, ``EV_<SYMBOL>`` and ``bpf/events/<symbol>.bpf.c``; if empty, the event's
            name is used.
        pending: reason why the live sensor does not report it and only captures and mappings have it; empty for events
            that the sensor reports.
        generated_as: its name if the live sensor itself, not the probe, makes the event; empty for others.
    """

    name: str
    code: int
    doc: str
    category: str
    params: tuple[Param, ...]
    syscalls: tuple[Syscall, ...] = ()
    direction: str = "<"
    flags: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()
    fd_param: int | None = None
    fs_path: tuple[str, ...] = ()
    file: bool = False
    lifecycle: bool = False
    extra: tuple[Param, ...] = ()
    internal: bool = False
    origin: str = "syscall"
    symbol: str = ""
    pending: str = ""
    generated_as: str = ""

    @property
    def ident(self) -> str:
        """Name of the event in C code and file names."""
        return self.symbol or self.name

    @property
    def is_named(self) -> bool:
        """The event itself carries its ``evt.type``."""
        return self.name in {"syscall", "asyncevent"}

    @property
    def is_own(self) -> bool:
        """Rules can see the event, and Falco lacks it: its call is Falco's event ``syscall``, in captures too."""
        return self.code >= OWN_CODES

    @property
    def is_live(self) -> bool:
        """The live sensor reports it to rules."""
        return not (self.internal or self.pending)

    @property
    def is_probed(self) -> bool:
        """The live sensor reports it from the kernel."""
        return self.is_live and not self.generated_as


@frozen
class Field:
    """One name usable in a condition or an output.

    Attributes:
        name: ``class.name``.
        type: decides operators, comparison and printing.
        arg: argument after the name, a key of :data:`ARGUMENTS`: ``none``; in brackets, ``index`` (digits), ``key``
            (text) or ``index_or_key``; ``dotted`` (``.NAME``); ``param`` (``.NAME`` or ``[N]``). With ``optional_`` in
            front it may be missing.
        names: valid dotted arguments: ``param`` of some event, ``event``, the words of the row, or empty for
            any letters.
        fmt: print format: ``dec``, ``id``, ``hex``, ``oct``, ``padded`` (nine digits).
        path: has two bindings, requested and resolved (design D3).
        multi: several values may be compared: ``any`` (ancestors: true as soon as one holds), ``either`` (both ends of
            a connection: like any, but ``!=`` must hold for all), or ``list`` (a list: takes ``in``, which must hold
            for all, ``intersects`` and ``exists``).
        shown: outputs may show another value than conditions compare, if alerts must equal Falco's.
        filter_only: cannot be printed.
        no_rhs: cannot be compared with another field, on either side of the operator.
        no_transformer: cannot be the argument of a transformer.
        hidden: left out of listings.
        deprecated: the replacement, or a note that there is no replacement; empty for other fields.
        suggested: added to outputs if ``suggested_output`` is set.
        pending: reason why this version reads no value from events and only mappings have one; empty
            for fields that are read.
        partial: the field is pending, but some events have a value; ``pending`` names them.
        metadata: container metadata that it shows, the name of a row of ``metadata.METADATA``; empty for other fields.
        needs: data from the probe: ``task``, ``cgroups``, ``stdio`` (``struct ev_now`` in every record), or
            ``session`` (events of calls that change sessions and groups).
        pattern: a key is a regular expression, which may match anywhere in the searched text.
        cost: relative cost of extraction and comparison, 1 (header member) to 10 (walks, joins): orders checks.
        missing_when: condition under which there is no value.
        module: module of the extractor below ``tiercel._core.fields``; empty: the class of the field, as ``evt``.
    """

    name: str
    type: ValueType
    doc: str
    arg: str = "none"
    names: str = ""
    fmt: str = "dec"
    path: bool = False
    multi: str | None = None
    shown: bool = False
    filter_only: bool = False
    no_rhs: bool = False
    no_transformer: bool = False
    hidden: bool = False
    deprecated: str = ""
    suggested: bool = False
    pending: str = ""
    partial: bool = False
    metadata: str = ""
    needs: str = ""
    pattern: bool = False
    cost: int = 2
    missing_when: str = ""
    module: str = ""

    @property
    def forms(self) -> frozenset[str]:
        """Valid forms of the field: values of :data:`ARGUMENTS`."""
        return ARGUMENTS[self.arg]

    @property
    def is_read(self) -> bool:
        """The field has an extractor, because some event has a value."""
        return self.partial or not self.pending

    @property
    def symbol(self) -> str:
        """Name of the extractor: ``field_proc_name`` reads ``proc.name``; pending fields share one extractor."""
        return "field_" + self.name.replace(".", "_") if self.is_read else "field_pending"

    @property
    def extractor_module(self) -> str:
        """Module that defines :attr:`symbol`."""
        if not self.is_read:
            return "pending"
        return self.module or self.name.partition(".")[0]


@frozen
class Operator:
    """One comparison.

    Attributes:
        name: spelling in a condition.
        symbol: ``op_<symbol>`` in ``operators.pyx``.
        operand: ``none``, ``scalar`` or ``list``.
        kinds: value kinds that it compares (``ValueType.kind``).
        cost: relative cost, as for fields.
        aliases: other spellings.
        lists: compares fields that are lists, too; no other operator does.
        constant: its operand is a constant in the condition, never a field.
    """

    name: str
    symbol: str
    doc: str
    operand: str
    kinds: frozenset[str]
    cost: int = 1
    aliases: tuple[str, ...] = ()
    lists: bool = False
    constant: bool = False


@frozen
class Modifier:
    """One word after an operator, for a list as operand: ``startswith oneof (a, b)``."""

    name: str
    doc: str


@frozen
class Transformer:
    """One function that conditions and outputs may apply to a field.

    Attributes:
        name: as it is written; ``transform_<name>`` in ``transforms.pyx``.
        doc: description of the result.
        args: its arguments in the reference.
        kinds: value kinds of its only argument; empty for transformers with several arguments.
        result: ``same`` (of the argument's type, and a list if that is one), ``uint``, ``text``, or ``options`` (a list
            of texts; one text where an option stands in brackets).
        cost: relative cost, as for fields.
    """

    name: str
    doc: str
    args: str
    result: str
    kinds: frozenset[str] = frozenset()
    cost: int = 3
