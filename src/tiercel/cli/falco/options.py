# SPDX-License-Identifier: Apache-2.0
"""Options of Falco's command line: the table, and the parser.

Words are split as in Falco: ``-pc`` and ``-p c`` are the same, flags may be joined (``-vU``), ``--list`` takes a value
only after ``=``, and the last value of an option counts unless the option may be repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from tiercel.cli.falco.removed import REMOVED, Removed
from tiercel.errors import UsageError
from tiercel.frozen import frozen, replace
from tiercel.lang.suggest import suggest

__all__ = ["DEFAULT_CONFIG", "FLAG_BY_NAME", "OPTIONS", "Flag", "Format", "Options", "parse"]

DEFAULT_CONFIG: Final = "/etc/falco/falco.yaml"
"""Configuration file without ``-c``."""

Format = Literal["text", "markdown", "json"]

_FORMATS: Final[tuple[Format, ...]] = ("text", "markdown", "json")
_TRUE: Final = frozenset({"1", "t", "T", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "false", "False"})
_MAX_SECONDS: Final = (1 << 63) - 1


@frozen
class Flag:
    """One option of Falco.

    Attributes:
        names: its spellings.
        attribute: member of :class:`Options`.
        doc: effect.
        value: placeholder of the value; empty for an option without a value.
        many: may be repeated; the attribute is a tuple.
        optional: the value may be missing, and is given only after ``=``.
        own: the equivalent among tiercel's own commands.
        remark: difference from Falco, for the documentation.
    """

    names: tuple[str, ...]
    attribute: str
    doc: str
    value: str = ""
    many: bool = False
    optional: bool = False
    own: str = ""
    remark: str = ""


OPTIONS: Final[tuple[Flag, ...]] = (
    Flag(("-h", "--help"), "help", "Print this text and exit.", own="tiercel --help"),
    Flag(("-c",), "config", f"Configuration file, by default {DEFAULT_CONFIG}.", "<path>", own="tiercel run -c FILE"),
    Flag(
        ("--config-schema",),
        "config_schema",
        "Print the JSON schema of the configuration and exit.",
        own="tiercel check --config-schema",
    ),
    Flag(
        ("--rule-schema",),
        "rule_schema",
        "Print the JSON schema of rule files and exit.",
        own="tiercel rules --schema",
    ),
    Flag(
        ("--disable-source",),
        "disabled_sources",
        "Leave out an event source; repeatable. At least one source must remain. Without effect on a capture.",
        "<source>",
        many=True,
        remark="the only source is `syscall`, so that this is an error, as in a Falco without plugins",
    ),
    Flag(
        ("--dry-run",),
        "dry_run",
        "Do everything but watch: read configuration and rules, open the outputs, and exit.",
        own="tiercel check RULES",
    ),
    Flag(
        ("--enable-source",),
        "enabled_sources",
        "Watch this event source only; repeatable. Not together with --disable-source. Without effect on a capture.",
        "<source>",
        many=True,
    ),
    Flag(
        ("-i",),
        "ignored_events",
        "Print the system calls that Falco ignores by default, and exit.",
        own="tiercel explain RULES",
        remark="tiercel ignores none of them: what no rule can match never leaves the kernel",
    ),
    Flag(
        ("-L",),
        "describe_all",
        "Print the names and descriptions of all rules and exit; with json_output all details of rules, macros and "
        "lists.",
        own="tiercel rules PATH",
    ),
    Flag(
        ("-l",),
        "describe_rule",
        "Print the name and description of one rule and exit; with json_output all details.",
        "<rule>",
        own="tiercel rules --rule NAME PATH",
    ),
    Flag(
        ("--list",),
        "list_source",
        "Print the fields of all event sources, or of one, and exit.",
        "<source>",
        optional=True,
        own="tiercel fields",
    ),
    Flag(
        ("--list-events", "--list-syscall-events"),
        "list_events",
        "Print the events and exit.",
        own="tiercel events",
    ),
    Flag(("--list-plugins",), "list_plugins", "Print the configured plugins and exit."),
    Flag(
        ("-M",),
        "seconds",
        "End after this many seconds.",
        "<seconds>",
        own="tiercel run --duration S",
        remark="a capture ends by the time of its events; the live sensor by the clock, even if nothing happens",
    ),
    Flag(("--markdown",), "markdown", "Deprecated: --format markdown."),
    Flag(
        ("--format",),
        "format",
        "Form of --list and --list-events: text, markdown or json.",
        "<format>",
        own="tiercel fields --md, --json",
    ),
    Flag(("-N",), "names_only", "With --list: print the names of the fields alone.", own="tiercel fields"),
    Flag(
        ("-o", "--option"),
        "options",
        "Set one value of the configuration; repeatable. Dots and [N] select a member, [] appends, a backslash "
        "escapes.",
        "<key>=<value>",
        many=True,
        own="tiercel run -o KEY=VALUE",
    ),
    Flag(
        ("--plugin-info",),
        "plugin_info",
        "Print the details of one plugin, by its name or library_path, and exit.",
        "<plugin>",
    ),
    Flag(
        ("-p", "--print"),
        "print",
        "Deprecated: -o append_output. Text for the output of every rule. c, container, k and kubernetes have no "
        "effect.",
        "<text>",
        own="tiercel run -p TEXT",
    ),
    Flag(
        ("-P", "--pidfile"),
        "pidfile",
        "Write the process id into this file.",
        "<path>",
        remark="a symbolic link of another user is refused",
    ),
    Flag(
        ("-r",),
        "rules",
        "Rule file or folder, instead of those of the configuration; repeatable, in order.",
        "<path>",
        many=True,
        own="tiercel run -r PATH",
    ),
    Flag(
        ("--support",),
        "support",
        "Print system, version, configuration and rules as one JSON object and exit.",
        own="tiercel doctor --json",
    ),
    Flag(
        ("-U", "--unbuffered"),
        "unbuffered",
        "Write each alert at once.",
        remark="alerts are never held back, with or without this option",
    ),
    Flag(
        ("-V", "--validate"),
        "validate",
        "Check this rule file and exit; repeatable. The status is 1 if a file is invalid.",
        "<path>",
        many=True,
        own="tiercel check PATH",
    ),
    Flag(("-v",), "verbose", "Print the numbers of events and drops at the end, and warnings about rules with -V."),
    Flag(("--version",), "version", "Print the versions and exit; as JSON with json_output.", own="tiercel --version"),
    Flag(("--page-size",), "page_size", "Print the size of a memory page and exit."),
)
"""Options of Falco 0.44, in the order of its help."""

FLAG_BY_NAME: Final = {name: flag for flag in OPTIONS for name in flag.names}


@frozen
class Options:
    """Parsed words of ``tiercel falco``.

    Attributes:
        list_source: source of ``--list``; empty for all, None without the option.
        format: form of listings, or empty if not given.
        command: words after ``--``: watch only the process tree of this command. Falco has no such option.
        stray: words that belong to no option, which Falco ignores.
    """

    help: bool = False
    config: str = ""
    config_schema: bool = False
    rule_schema: bool = False
    disabled_sources: tuple[str, ...] = ()
    enabled_sources: tuple[str, ...] = ()
    dry_run: bool = False
    ignored_events: bool = False
    describe_all: bool = False
    describe_rule: str = ""
    list_source: str | None = None
    list_events: bool = False
    list_plugins: bool = False
    seconds: int = 0
    markdown: bool = False
    format: str = ""
    names_only: bool = False
    options: tuple[str, ...] = ()
    plugin_info: str = ""
    print: str = ""
    pidfile: str = ""
    rules: tuple[str, ...] = ()
    support: bool = False
    unbuffered: bool = False
    validate: tuple[str, ...] = ()
    verbose: bool = False
    version: bool = False
    page_size: bool = False
    command: tuple[str, ...] = ()
    stray: tuple[str, ...] = ()

    @property
    def form(self) -> Format:
        """Form of listings."""
        if self.markdown and not self.format:
            return "markdown"
        return next((form for form in _FORMATS if form == self.format), _FORMATS[0])


def parse(words: Sequence[str]) -> Options:
    """Return the options that ``words`` give.

    Raises:
        UsageError: E601, an unknown or removed option, a missing or an invalid value.
    """
    own, command = _split(words)
    given: dict[str, Any] = {}
    stray: list[str] = []
    waiting = list(reversed(own))
    while waiting:
        word = waiting.pop()
        if word.startswith("--") and len(word) > 2:
            name, has_value, value = word.partition("=")
            _long(_flag(name, word), value if has_value else None, waiting, given)
        elif word.startswith("-") and len(word) > 1:
            _short(word, waiting, given)
        else:
            stray.append(word)
    return _checked(replace(Options(), **given, command=command, stray=tuple(stray)))


def _split(words: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return the words before ``--``, and the command after it."""
    if "--" not in words:
        return list(words), ()
    at = list(words).index("--")
    return list(words[:at]), tuple(words[at + 1 :])


def _flag(name: str, word: str) -> Flag:
    flag = FLAG_BY_NAME.get(name)
    if flag is not None:
        return flag
    removed = REMOVED.get(name)
    if removed is not None:
        raise _gone(removed, name)
    raise _wrong(
        f"there is no option {word.partition('=')[0]}", suggest(name, FLAG_BY_NAME) or "`tiercel falco --help`"
    )


def _gone(removed: Removed, name: str) -> UsageError:
    return UsageError("E601", f"Falco has no option {name} any more", hint=removed.instead)


def _long(flag: Flag, value: str | None, waiting: list[str], given: dict[str, Any]) -> None:
    """Take one long option."""
    if flag.optional:
        _set(flag, value or "", given)
    elif not flag.value:
        _set(flag, True if value is None else _boolean(flag, value), given)
    else:
        _set(flag, _next(flag, waiting) if value is None else value, given)


def _short(word: str, waiting: list[str], given: dict[str, Any]) -> None:
    """Take the options of one word with a single dash."""
    for at, letter in enumerate(word[1:], start=1):
        flag = _flag(f"-{letter}", word if at == 1 and len(word) == 2 else f"-{letter}")
        if flag.value:
            rest = word[at + 1 :]
            _set(flag, rest or _next(flag, waiting), given)
            return
        _set(flag, True, given)


def _next(flag: Flag, waiting: list[str]) -> str:
    if not waiting:
        raise _wrong(f"{flag.names[0]} takes a value", f"`{flag.names[0]} {flag.value}`")
    return waiting.pop()


def _set(flag: Flag, value: str | bool, given: dict[str, Any]) -> None:
    if flag.many:
        given[flag.attribute] = (*given.get(flag.attribute, ()), value)
    elif flag.attribute == "seconds":
        given[flag.attribute] = _seconds(str(value))
    else:
        given[flag.attribute] = value


def _seconds(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 20 or int(text) > _MAX_SECONDS:
        raise _wrong(f"-M takes a number of seconds, not {text!r}", "for example -M 60; 0 is no limit")
    return int(text)


def _boolean(flag: Flag, value: str) -> bool:
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    raise _wrong(f"{flag.names[-1]} is true or false, not {value!r}", f"`{flag.names[-1]}` alone is true")


def _checked(options: Options) -> Options:
    """Refuse values that exclude each other, or that do not exist."""
    if options.markdown and options.format:
        raise _wrong("--markdown and --format exclude each other", "--format markdown does what --markdown does")
    if options.format:
        form = options.format.lower()
        if form not in _FORMATS:
            raise _wrong(f"there is no format {options.format!r}", f"the formats are {', '.join(_FORMATS)}")
        return replace(options, format=form)
    return options


def _wrong(text: str, hint: str) -> UsageError:
    return UsageError("E601", text, hint=hint)
