# SPDX-License-Identifier: Apache-2.0
"""Falco's own tests of its configuration: keys with escapes, options of the command line, selections, outputs."""

from __future__ import annotations

import re
from functools import reduce
from operator import attrgetter, eq, getitem, lt
from pathlib import Path
from typing import Any

import pytest
from support import vectors

from tiercel.capture.triggered import capture_path
from tiercel.config.config import Config, Selection
from tiercel.config.includes import read_settings
from tiercel.config.keys import KEYS
from tiercel.config.tree import Settings, parse_option
from tiercel.errors import ConfigError

pytestmark = pytest.mark.shared

WITHIN = "Falco's test has no steps of configuration; tests/capture/test_triggered.py checks when captures end"
PARSED = (
    "Falco's test has no steps of configuration; tests/config/test_container_engines.py checks the forms of init_config"
)

WAITING = {"plugin_init_config": PARSED, "check_capture_": WITHIN}
"""Beginnings of names of cases without steps, and what replaces them."""

DIFFERENT = {
    # Captures are in a private folder by default, not in /tmp, which all users share.
    ("capture_config_disabled_by_default", "config.m_capture_path_prefix"): "",
    # Falco takes the default for a value that is out of range; here it is an error.
    ("capture_config_rejects_out_of_range_max_file_size_mb", "throws"): True,
}
"""Values that differ on purpose, by case and by member or argument."""

SERVER_ADDRESS = next(key for key in KEYS if key.name == "webserver.listen_address")


def test_every_waiting_case_exists(shared_dir: Path) -> None:
    tests = vectors.load(shared_dir, "config")["tests"]
    for beginning in WAITING:
        waiting = [test for test in tests if test["name"].startswith(beginning)]
        assert waiting, beginning
        assert not any(test["steps"] for test in waiting), beginning


def test_like_falco(shared_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0
    for number, test in enumerate(vectors.load(shared_dir, "config")["tests"]):
        if test["name"].startswith(tuple(WAITING)):
            continue
        run = Run(test["name"], tmp_path / str(number), monkeypatch)
        for step in test["steps"]:
            run.step(step)
        count += 1
    assert count == 46


class Run:
    """One case: a tree of settings, or a configuration, and the checks of it."""

    def __init__(self, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.name = name
        self.folders = {"$CWD": folder / "cwd", "$TMP": folder / "tmp"}
        for one in self.folders.values():
            one.mkdir(parents=True)
        monkeypatch.chdir(self.folders["$CWD"])
        self.monkeypatch = monkeypatch
        self.settings = Settings()
        self.config = Config()
        self.refused: ConfigError | None = None

    def step(self, step: dict[str, Any]) -> None:
        match step:
            case {"setenv": name, "value": value}:
                self.monkeypatch.setenv(name, value)
            case {"mkdir": path}:
                Path(self.located(path)).mkdir()
            case {"write_file": path, "content": content}:
                Path(self.located(path)).write_text(self.located(content))
            case {"yaml": text}:
                self.parse(text, throws=step.get("throws", False))
            case {"config": {"file": path}, "cmdline": options}:
                self.load(self.located(path), options, throws=DIFFERENT.get((self.name, "throws"), step["throws"]))
            case {"config": str(text), "cmdline": options}:
                Path("falco.yaml").write_text(text)
                self.load("falco.yaml", options, throws=DIFFERENT.get((self.name, "throws"), step["throws"]))
            case {"set_scalar": key, "value": value}:
                parse_option(f"{key}={written(value)}").apply(self.settings)
            case _:
                self.check(step)

    def check(self, step: dict[str, Any]) -> None:
        match step:
            case {"expect": "is_defined", "key": key}:
                assert (self.value(key, None) is not None) == step["value"]
            case {"expect": "get_scalar", "value": "throws", "key": key}:
                with pytest.raises(ConfigError):
                    self.value(key, "")
            case {"expect": "get_scalar", "key": key, "default": default}:
                found = self.value(key, written(default))
                if step["type"].startswith("int") and not found.lstrip("-").isdecimal():
                    found = written(default)
                assert found == written(step["value"])
            case {"expect": "state" | "schema" | "capture_file_name"}:
                self.check_config(step)
            case {"call": "clear"}:
                self.settings = Settings()
            case {"call": call}:
                assert call.startswith("yaml.get_sequence"), call  # the case ends here
            case _:
                pytest.fail(f"a step of another kind: {step}")

    def check_config(self, step: dict[str, Any]) -> None:
        match step:
            case {"expect": "schema", "value": expected}:
                assert (None if expected == "ok" else "E603") == (self.refused.code if self.refused else None)
            case {"expect": "state", "path": "loaded_files.size()", "value": number}:
                assert len(self.settings.files) == number
            case {"expect": "state", "op": "ne", "path": "loaded_files[main.yaml]", "value": "ok"}:
                assert self.refused is not None
            case {"expect": "state", "op": "eq" | "truthy", "path": path}:
                assert self.refused is None
                assert self.state(path) == DIFFERENT.get((self.name, path), step["value"]), path
            case {"expect": "capture_file_name", "op": op, "value": value}:
                compare = {"eq": eq, "lt": lt}[op]
                assert compare(capture_name(step), value if isinstance(value, str) else capture_name(value))
            case _:
                pytest.fail(f"a step of another kind: {step}")

    def located(self, text: str) -> str:
        for name, folder in self.folders.items():
            text = text.replace(name, str(folder))
        return text

    def parse(self, text: str, *, throws: bool) -> None:
        try:
            self.settings = Settings.parse(text, "<text>")
        except ConfigError:
            assert throws
        else:
            assert not throws

    def load(self, path: str, options: list[str], *, throws: bool) -> None:
        """Read a file: the tree as Falco has it, and the configuration, which unknown keys refuse."""
        self.settings, self.config, self.refused = Settings(), Config(), None
        try:
            self.settings = read_settings(path, options)
            self.config = Config.load(path, options)
        except ConfigError as error:
            self.refused = error
        if throws:
            assert self.refused is not None

    def value(self, key: str, default: Any) -> Any:
        """Return what a key leads to."""
        steps = parse_option(f"{key}=").steps
        try:
            return reduce(getitem, steps, self.settings.tree)  # type: ignore[arg-type]
        except (KeyError, IndexError, TypeError):
            return default

    def state(self, path: str) -> Any:
        """Return a member of Falco's configuration object, read from ours."""
        name, _, rest = path.removeprefix("config.").partition("[")
        if name == "m_webserver_config.m_listen_address":
            return attrgetter(SERVER_ADDRESS.attribute)(self.config)
        if name in CAPTURES:
            return getattr(self.config, CAPTURES[name][0]) * CAPTURES[name][1]
        if name == "m_rules_selection.size()":
            return len(self.config.rules)
        if name == "m_append_output.size()":
            return len(self.config.append_output)
        index, _, member = rest.partition("].")
        if (name, member) == ("m_plugins", "m_library_path"):  # no setting: no library is loaded
            return self.settings.tree["plugins"][int(index)]["library_path"]
        if name == "m_rules_selection":
            return selection(self.config.rules[int(index)])[member]
        entry = self.config.append_output[int(index)]
        members: dict[str, Any] = {
            "m_source": entry.source,
            "m_rule": entry.rule,
            "m_format": entry.output,
            "m_tags": entry.tags,
            "m_formatted_fields": {key: text for key, text in entry.fields.items() if text is not None},
            "m_raw_fields": {key for key, text in entry.fields.items() if text is None},
        }
        if member.endswith(".size()"):
            return len(members[member.removesuffix(".size()")])
        if counted := re.fullmatch(r'(\w+)\.count\("(.*)"\)', member):
            return int(counted[2] in members[counted[1]])
        if keyed := re.fullmatch(r"(\w+)\[(.*)\]", member):
            return members[keyed[1]][keyed[2]]
        return members[member]


CAPTURES = {
    "m_capture_enabled": ("capture_enabled", 1),
    "m_capture_path_prefix": ("capture_path_prefix", 1),
    "m_capture_mode": ("capture_mode", 1),
    "m_capture_default_duration_ns": ("capture_duration_ms", 1_000_000),
    "m_capture_max_file_size_mb": ("capture_max_mb", 1),
}
"""Members of Falco's configuration object: our attributes, and the factors of their units."""


def capture_name(step: dict[str, Any]) -> str:
    return capture_path(step["prefix"], step["ts"], step["evt_num"])


def selection(entry: Selection) -> dict[str, str | None]:
    return {"m_op": "enable" if entry.enable else "disable", "m_rule": entry.rule, "m_tag": entry.tag}


def written(value: Any) -> Any:
    """Return a value as YAML holds it before anything has a type."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)
