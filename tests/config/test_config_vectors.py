# SPDX-License-Identifier: Apache-2.0
"""Falco's own tests of its configuration: keys with escapes, options of the command line, selections, outputs."""

from __future__ import annotations

import re
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
from support import vectors

from tiercel.config.config import Config, Selection
from tiercel.config.tree import Settings, parse_option
from tiercel.errors import ConfigError

pytestmark = pytest.mark.shared

FILES = "configuration files that name others and variables of the environment come with the deployment issue"
SERVER = "the web server comes with a later issue"
SCHEMA = "a key that nobody knows is an error here, so there is no separate check against a schema"
PLUGINS = "plugins come with a later issue"
CAPTURE = "captures around alerts come with a later issue"

WAITING = {
    "configuration_webserver_ip": SERVER,
    "schema_": SCHEMA,
    "plugin_": PLUGINS,
    "configuration_environment_variables": FILES,
    "configuration_config_files_": FILES,
    "generate_scap_file_path_": CAPTURE,
    "capture_": CAPTURE,
    "check_capture_": CAPTURE,
}
"""Beginnings of names, and why these cases are not run."""


def test_every_waiting_case_exists(shared_dir: Path) -> None:
    names = [test["name"] for test in vectors.load(shared_dir, "config")["tests"]]
    for beginning in WAITING:
        assert any(name.startswith(beginning) for name in names), beginning


def test_like_falco(shared_dir: Path, tmp_path: Path) -> None:
    count = 0
    for test in vectors.load(shared_dir, "config")["tests"]:
        if test["name"].startswith(tuple(WAITING)):
            continue
        run = Run(tmp_path)
        for step in test["steps"]:
            run.step(step)
        count += 1
    assert count == 12


class Run:
    """One case: a tree of settings, or a configuration, and the checks of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings()
        self.config = Config()

    def step(self, step: dict[str, Any]) -> None:
        match step:
            case {"yaml": text}:
                self.parse(text, throws=step.get("throws", False))
            case {"config": str(text), "cmdline": options}:
                self.load(text, options, throws=step["throws"])
            case {"set_scalar": key, "value": value}:
                parse_option(f"{key}={written(value)}").apply(self.settings)
            case {"expect": "is_defined", "key": key}:
                assert (self.value(key, None) is not None) == step["value"]
            case {"expect": "get_scalar", "value": "throws", "key": key}:
                with pytest.raises(ConfigError):
                    self.value(key, "")
            case {"expect": "get_scalar", "key": key, "default": default}:
                assert self.value(key, written(default)) == written(step["value"])
            case {"expect": "state", "op": "eq", "path": path}:
                assert self.state(path) == step["value"], path
            case {"call": "clear"}:
                self.settings = Settings()
            case {"call": call}:
                assert call.startswith("yaml.get_sequence"), call  # the case ends here
            case _:
                pytest.fail(f"a step of another kind: {step}")

    def parse(self, text: str, *, throws: bool) -> None:
        try:
            self.settings = Settings.parse(text, "<text>")
        except ConfigError:
            assert throws
        else:
            assert not throws

    def load(self, text: str, options: list[str], *, throws: bool) -> None:
        path = self.folder / "falco.yaml"
        path.write_text(text)
        assert not throws
        self.config = Config.load(path, options)

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
        if name == "m_rules_selection.size()":
            return len(self.config.rules)
        if name == "m_append_output.size()":
            return len(self.config.append_output)
        index, _, member = rest.partition("].")
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


def selection(entry: Selection) -> dict[str, str | None]:
    return {"m_op": "enable" if entry.enable else "disable", "m_rule": entry.rule, "m_tag": entry.tag}


def written(value: Any) -> Any:
    """Return a value as YAML holds it before anything has a type."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)
