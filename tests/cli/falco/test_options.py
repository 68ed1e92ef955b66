# SPDX-License-Identifier: Apache-2.0
"""Falco's options as it splits them."""

from __future__ import annotations

import pytest

from tiercel.cli.falco.options import OPTIONS, Options, parse
from tiercel.errors import UsageError


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", Options()),
        ("-c a -c b", Options(config="b")),
        ("-cfalco.yaml", Options(config="falco.yaml")),
        ("-r a -rb -r c,d", Options(rules=("a", "b", "c,d"))),
        ("-pc", Options(print="c")),
        ("-p kubernetes", Options(print="kubernetes")),
        ("--print=%proc.pid", Options(print="%proc.pid")),
        ("-vU", Options(verbose=True, unbuffered=True)),
        ("-vc a", Options(verbose=True, config="a")),
        ("-vM60", Options(verbose=True, seconds=60)),
        ("-o a=1 --option b=2 --option=c=3 -oe=4", Options(options=("a=1", "b=2", "c=3", "e=4"))),
        ("--list", Options(list_source="")),
        ("--list=syscall -N", Options(list_source="syscall", names_only=True)),
        ("--list syscall", Options(list_source="", stray=("syscall",))),
        ("--list-events --markdown", Options(list_events=True, markdown=True)),
        ("--list-syscall-events", Options(list_events=True)),
        ("--dry-run=false", Options()),
        ("--dry-run=true --support", Options(dry_run=True, support=True)),
        ("-V a --validate b", Options(validate=("a", "b"))),
        ("-P /run/falco.pid", Options(pidfile="/run/falco.pid")),
        ("--enable-source syscall", Options(enabled_sources=("syscall",))),
        ("-l name -L", Options(describe_rule="name", describe_all=True)),
        ("-v -- sh -c x --list", Options(verbose=True, command=("sh", "-c", "x", "--list"))),
    ],
    ids=str,
)
def test_words(words: str, expected: Options) -> None:
    assert parse(words.split()) == expected


@pytest.mark.parametrize(
    ("words", "text", "hint"),
    [
        ("-c", "-c takes a value", "`-c <path>`"),
        ("-v -r", "-r takes a value", "`-r <path>`"),
        ("-M ten", "-M takes a number of seconds, not 'ten'", "for example -M 60"),
        ("-M -1", "-M takes a number of seconds, not '-1'", "for example -M 60"),
        ("-M 99999999999999999999", "-M takes a number of seconds", "0 is no limit"),
        ("--dry-rn", "there is no option --dry-rn", "did you mean `--dry-run`?"),
        ("-x", "there is no option -x", "`tiercel falco --help`"),
        ("-vA", "Falco has no option -A any more", "base_syscalls.all=true"),
        ("--cri /run/x.sock", "Falco has no option --cri any more", "container_engines.cri.sockets[]=PATH"),
        ("--format yaml", "there is no format 'yaml'", "text, markdown, json"),
        ("--format json --markdown", "--markdown and --format exclude each other", "--format markdown"),
        ("--support=maybe", "--support is true or false, not 'maybe'", "alone is true"),
    ],
    ids=str,
)
def test_wrong_words(words: str, text: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(words.split())
    assert caught.value.code == "E601"
    assert text in caught.value.text
    assert hint in (caught.value.hint or "")


def test_form() -> None:
    assert parse(["--format", "JSON"]).form == "json"
    assert parse(["--markdown"]).form == "markdown"
    assert parse([]).form == "text"


def test_each_option_sets_an_attribute() -> None:
    """The rows name attributes that exist, with values of the same kind."""
    for flag in OPTIONS:
        default = getattr(Options(), flag.attribute)
        if flag.optional:
            assert default is None
        elif flag.many:
            assert default == ()
        else:
            assert (default is False) is (not flag.value), flag.names


def test_options_of_falcos_help() -> None:
    """The options of Falco 0.44, as its own test of the help lists them, and those added since."""
    names = {name for flag in OPTIONS for name in flag.names}
    theirs = "-h --help -c --config-schema --rule-schema --disable-source --dry-run --enable-source -i -L -l --list"
    theirs += (
        " --list-events --list-plugins -M --markdown --format -N -o --option --plugin-info -p --print -P --pidfile"
    )
    theirs += " -r --support -U --unbuffered -V --validate -v --version --page-size"
    assert names - {"--list-syscall-events"} == set(theirs.split())
