# SPDX-License-Identifier: Apache-2.0
"""Configuration that is made to exhaust memory or to wait for ever, and configuration that would do nothing."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.examples import examples

from tiercel.config import tree as reading
from tiercel.config.config import Config
from tiercel.config.tree import Settings
from tiercel.engine.configured_rules import load_rules
from tiercel.errors import ConfigError, TiercelError

LETTERS = "abcdefghijklmnopqrst"
BOMB = "z: &z [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("z" + LETTERS, LETTERS, strict=False)
)
CHAIN = "k0: &k0 [x]\n" + "".join(f"k{n + 1}: &k{n + 1} {{a: [*k{n}]}}\n" for n in range(150))


def problem(make: Callable[[], object]) -> TiercelError | None:
    """Return what ``make`` raises on purpose; everything else fails the test."""
    try:
        make()
    except TiercelError as error:
        return error
    return None


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(3 << 30)


def refused(path: Path | None, *options: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        Config.load(path, options)
    assert len(str(caught.value)) < 1000
    return caught.value


HOSTILE = {
    "alias bomb": (BOMB, "at most 100,000 values"),
    "alias bomb of maps": (BOMB.replace("[", "{k: [").replace("]", "]}"), "at most 100,000 values"),
    "a chain of aliases": (CHAIN, "at most 20 levels"),
    "alias in itself": ("rules: &a [*a]\n", "stands inside the value"),
    "map in itself": ("a: &a {b: *a}\n", "stands inside the value"),
    "nested lists": ("rules: " + "[" * 3_000 + "]" * 3_000, "the nesting is too large"),
    "nested maps": ("a: " * 3_000, "not YAML"),
    "nested maps in one line": ("{a: " * 3_000 + "}" * 3_000, "the nesting is too large"),
    "many values": ("rules: [" + "a, " * 100_000 + "]", "at most 100,000 values"),
    "a long value": (f"priority: {'x' * (2 << 20)}", "the value is too large"),
    "a long key": (f"{'x' * 900}: 1", "a key of 900 characters"),
    "a wrong value that is long": (f"priority: {'x' * (1 << 20)}", "cannot be"),
    "two documents": ("priority: debug\n---\npriority: info\n", "one document"),
    "a key twice": ("priority: debug\nstdout_output: {enabled: true}\npriority: info\n", "`priority` is given twice"),
    "a list as key": ("? [a]\n: 1\n", "a key is a text"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_files_made_to_exhaust_memory(tmp_path: Path, kind: str) -> None:
    content, text = HOSTILE[kind]
    path = tmp_path / "c.yaml"
    path.write_text(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = refused(path)
    assert text in error.text
    assert error.code == "E604"
    assert error.span is not None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10  # KiB


STRANGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "named pipe": (os.mkfifo, "it is a named pipe"),
    "folder": (Path.mkdir, "it is a directory"),
    "endless device": (lambda path: path.symlink_to("/dev/zero"), "it is a device"),
    "large": (sparse, "more than 16,777,216 bytes"),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_files_that_are_none(tmp_path: Path, kind: str) -> None:
    make, text = STRANGE[kind]
    make(tmp_path / "c.yaml")
    error = refused(tmp_path / "c.yaml")
    assert error.code == "E602"
    assert text in error.text


def test_the_null_device_is_an_empty_configuration() -> None:
    assert Config.load("/dev/null") == Config()


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (".".join("a" * 3_000) + "=1", "at most 20 parts"),
        ("[]".join(["rules"] * 1_000) + "=1", "at most 20 parts"),
        ("rules={" + "a: {" * 3_000 + "}" * 3_000 + "}", "is not YAML"),
        ("rules={a: &a [*a]}", "is not YAML"),
        ("priority=" + "x" * 100_000, "cannot be"),
        ("x" * 100_000, "is not KEY=VALUE"),
    ],
)
def test_options_made_to_exhaust_memory(option: str, text: str) -> None:
    assert text in refused(None, option).text


def test_many_selections(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("rules:\n" + "- disable: {rule: '*'}\n- enable: {rule: r}\n" * 1_500)
    rules = tmp_path / "rules.yaml"
    text = "desc: d, condition: evt.type = open, output: o, priority: INFO"
    rules.write_text(f"- {{rule: r, {text}}}\n- {{rule: s, {text}}}\n")
    assert [rule.name for rule in load_rules(Config.load(path), rules).enabled] == ["r"]


def test_plugins_configured_in_a_text(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("plugins:\n- name: container\n  init_config: '{a: &a [*a]}'\n")
    assert "plugins[0].init_config" in refused(path).text


@settings(deadline=None, max_examples=examples(300))
@given(st.text() | st.text(alphabet="-: \n'\"[]{}&*!|>#%@`,?abm012\t\x00\ud800"))
@example("? [a]\n: 1")
@example("&a a: *a")
def test_any_text_is_a_tree_or_an_error_with_a_place(text: str) -> None:
    error = problem(lambda: Settings.parse(text, "name"))
    if error is not None:
        assert error.code == "E604"
        assert error.span is not None
        assert error.span.file == "name"
        assert error.span.line >= 1


@settings(deadline=None, max_examples=examples(300))
@given(st.text(), st.text(alphabet=".[]=\\{}a0 :,"))
def test_any_option_is_taken_or_refused(key: str, rest: str) -> None:
    for option in (key + rest, rest + key, f"rules{rest}", f"static_fields={{{rest}}}"):
        error = problem(lambda option=option: Config.load(None, [option]))  # type: ignore[misc]
        assert error is None or error.code in {"E603", "E604"}


def test_the_limit_counts_what_aliases_stand_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_VALUES", 9)
    assert Settings.parse("a: &a [1, 2]\nb: *a\n", "name").tree == {"a": ["1", "2"], "b": ["1", "2"]}
    with pytest.raises(ConfigError, match="at most 9 values"):
        Settings.parse("a: &a [1, 2]\nb: *a\nc: 1\n", "name")


# -- what would do nothing ---------------------------------------------------------------------------------------------


def test_the_older_name_of_rules_files(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("rules_file: [a.yaml, b.yaml]\n")
    assert Config.load(path).rules_files == ("a.yaml", "b.yaml")
    assert [entry.key for entry in Config.load(path).ignored] == ["rules_file"]
    assert Config.load(None, ["rules_file=a.yaml"]).rules_files == ("a.yaml",)
    assert Config.load(None, ["rules_files=a.yaml"]).rules_files == ("a.yaml",)
    assert Config.load(None, ["rules_file[]=a.yaml"]).rules_files == ("a.yaml",)
    error = refused(path, "rules_files[]=c.yaml")
    assert "both given" in error.text
    assert error.span is not None
    assert error.span.line == 1
    for option in ("rules_file=", "rules_files[]=", "rules_file={a: b}"):
        assert "cannot be" in refused(None, option).text


def test_an_engine_that_watches_something_else(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("engine:\n  kind: gvisor\n")
    error = refused(path)
    assert "gvisor" in error.text
    assert error.span is not None
    assert error.span.line == 2


def test_groups_of_keys_that_are_none(tmp_path: Path) -> None:
    assert "cannot be `nodriver`" in refused(None, "engine=nodriver").text
    assert "cannot be `list`" in refused(None, "falco_libs[]=1").text
    path = tmp_path / "c.yaml"
    path.write_text("engine:\nfalco_libs: {}\n")
    assert Config.load(path) == Config()


def test_plugins_that_are_loaded_but_not_configured(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("load_plugins: [container, json]\nplugins: [{name: container}]\n")
    assert [entry.key for entry in Config.load(path).ignored] == ["load_plugins (json)"]


@pytest.mark.parametrize(
    ("options", "delivers"),
    [
        ([], True),
        (["stdout_output.enabled=false"], False),
        (["stdout_output.enabled=false", "http_output={url: http://example.com, enabled: true}"], True),
        (["stdout_output.enabled=false", "file_output={enabled: true, filename: /tmp/x}"], True),
        (["stdout_output.enabled=false", "outputs[].name=x"], True),
    ],
)
def test_whether_alerts_go_anywhere(options: list[str], delivers: bool) -> None:
    assert Config.load(None, options).delivers is delivers
