# SPDX-License-Identifier: Apache-2.0
"""JSON schema (draft 07) of the configuration, for editors and other tools.

It is generated from :data:`KEYS`, for values as YAML 1.2 reads them: ``yes`` is a text. Any value may be a text with a
variable, as ``${NAME}``, or empty, which stands for the default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, Final, get_args

from tiercel.config import values as read
from tiercel.config.config import Config
from tiercel.config.container_engines import container_engines
from tiercel.config.falco_keys import CURRENT, OLD, PLUGINS, WITHOUT_EFFECT
from tiercel.config.includes import STRATEGIES
from tiercel.config.key import Key
from tiercel.config.keys import KEYS
from tiercel.config.keys.files import config_files
from tiercel.config.keys.operation import Decimal, actions, address, capabilities, duration, web_path
from tiercel.config.limit_settings import alert_limits
from tiercel.config.output_settings import MAX_SPOOL_MB, spool_choices
from tiercel.config.response_settings import protected_processes, responses
from tiercel.response.result import Action
from tiercel.rules.schema import rule_file_schema
from tiercel.schema.rulefile import PRIORITIES

__all__ = ["config_schema", "rule_schema", "shape"]

Schema = dict[str, Any]

_VARIABLE: Final = r"\$\{"
_NUMBER: Final = r"^\s*[-+]?[0-9_]+\s*$"
_DECIMAL: Final = r"^\s*[-+]?[0-9_]*\.?[0-9_]+(?:[eE][-+]?[0-9]+)?\s*$"
_TEXT: Final[Schema] = {"type": ["string", "number", "boolean", "null"]}
_NAMED: Final[Schema] = {"type": ["string", "number", "boolean"], "minLength": 1}
_LINES: Final[Schema] = {"type": "array", "items": _TEXT}
_MAP_OF_TEXTS: Final[Schema] = {"type": "object", "additionalProperties": _TEXT}
_OPTIONS: Final[Schema] = {"type": "object", "additionalProperties": {"anyOf": [_TEXT, _LINES, _MAP_OF_TEXTS]}}


def config_schema() -> Schema:
    """Return the JSON schema of the configuration: each key that is read, and each key of Falco."""
    root = _group()
    root["$schema"] = "http://json-schema.org/draft-07/schema#"
    root["title"] = "Configuration of tiercel"
    root["description"] = "Settings of tiercel, with the names of falco.yaml for what Falco has."
    defaults = Config()
    for key in KEYS:
        described: Schema = {"description": key.doc, "anyOf": [shape(key), {"enum": [None, ""]}]}
        default = attrgetter(key.attribute)(defaults)
        if isinstance(default, (bool, int, str)):
            described["default"] = default
        _place(root, key.name, described)
    for name, schema in _PLUGINS.items():
        _place(root, name, schema)
    for name in sorted((CURRENT | OLD) - {*PLUGINS, *(key.name for key in KEYS)}):
        _place(root, name, {"description": f"Without effect: {WITHOUT_EFFECT[name].advice}."})
    return root


def rule_schema() -> Schema:
    """Return the JSON schema of rule files."""
    return rule_file_schema()


def shape(key: Key) -> Schema:
    """Return the schema of the values of a key."""
    if isinstance(key.read, read.OneOf):
        return _one_of(key.read.words)
    if isinstance(key.read, read.NumberBetween):
        return _number(key.read.low, key.read.high)
    if isinstance(key.read, Decimal):
        return _number(key.read.low, key.read.high, "number", _DECIMAL)
    known = _SHAPES.get(key.read)
    return known if known is not None else _like(attrgetter(key.attribute)(Config()))


def _like(default: object) -> Schema:
    """Return the schema of values like the default of a key whose reader has no schema of its own."""
    if isinstance(default, bool):
        return _BOOLEAN
    if isinstance(default, (int, float, str)):
        return _TEXT
    if isinstance(default, (tuple, frozenset)):
        return {"type": ["array", "string", "object"]}
    return {"type": "object"} if isinstance(default, Mapping) else {}


def _group() -> Schema:
    return {"type": ["object", "null"], "properties": {}, "additionalProperties": False}


def _place(root: Schema, name: str, schema: Schema) -> None:
    """Add a key to the tree of groups. A member of a key makes an old group of Falco another form of the key."""
    *groups, last = name.split(".")
    node = root
    for group in groups:
        node = node["properties"].setdefault(group, _group())
        if "properties" not in node:
            if "minProperties" not in node["anyOf"][-1]:
                node["anyOf"].append({**_group(), "type": "object", "minProperties": 1})
            node = node["anyOf"][-1]
    node["properties"].setdefault(last, schema)


def _any_case(words: Iterable[str]) -> str:
    return "|".join("".join(f"[{c.upper()}{c}]" if c.isalpha() else c for c in word) for word in words)


def _one_of(words: tuple[str, ...]) -> Schema:
    return {"anyOf": [{"enum": list(words)}, {"type": "string", "pattern": f"^(?:{_any_case(words)})$|{_VARIABLE}"}]}


def _number(low: float, high: float, kind: str = "integer", text: str = _NUMBER) -> Schema:
    number = {"type": kind, "minimum": low, "maximum": high}
    return {"anyOf": [number, {"type": "string", "pattern": f"{text}|{_VARIABLE}"}]}


def _members(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def _list_or_one(item: Schema) -> Schema:
    return {"anyOf": [{"type": "array", "items": item}, item]}


_WORDS: Final = _any_case(("y", "yes", "true", "on", "n", "no", "false", "off"))
_BOOLEAN: Final[Schema] = {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": f"^(?:{_WORDS})$|{_VARIABLE}"}]}
_AUTOMATIC: Final[Schema] = {"anyOf": [_BOOLEAN, _one_of(("auto",))]}
_SELECTED: Final = {"anyOf": [_members(("rule",), rule=_TEXT, tag=_TEXT), _members(("tag",), rule=_TEXT, tag=_TEXT)]}
_SELECTION: Final = {
    "anyOf": [
        _members(("enable",), enable=_SELECTED, disable=_SELECTED),
        _members(("disable",), enable=_SELECTED, disable=_SELECTED),
    ]
}
_APPENDED: Final = _members(
    match=_members(source=_TEXT, tags=_LINES, rule=_TEXT),
    extra_output=_TEXT,
    extra_fields={"type": "array", "items": {"anyOf": [_TEXT, _MAP_OF_TEXTS]}},
    suggested_output=_BOOLEAN,
)
_ENABLED: Final = _members(enabled=_BOOLEAN)
_ENGINE: Final = _members(enabled=_BOOLEAN, sockets=_LINES, disable_async={})
_ENGINES: Final = _members(
    docker=_ENGINE,
    podman=_ENGINE,
    cri=_ENGINE,
    containerd=_ENGINE,
    lxc=_ENABLED,
    libvirt_lxc=_ENABLED,
    bpm=_ENABLED,
    static=_members(enabled=_BOOLEAN, container_id=_TEXT, container_name=_TEXT, container_image=_TEXT),
    label_max_len=_number(0, 65_536),
)
_SPOOL: Final = _members(enabled=_BOOLEAN, max_mb=_number(1, MAX_SPOOL_MB))
_SECONDS: Final[Schema] = {"type": ["number", "string"]}
_RESPONSE: Final = _members(
    ("action",),
    action=_one_of(get_args(Action)),
    name=_TEXT,
    rules=_LINES,
    tags=_LINES,
    priority=_one_of(PRIORITIES),
    program=_LINES,
    timeout=_SECONDS,
    function=_TEXT,
    path_prefix=_TEXT,
    duration=_SECONDS,
    dry_run=_BOOLEAN,
    rate=_SECONDS,
    burst=_number(1, 1 << 20),
)
_LIMIT: Final = _members(
    rules=_LINES,
    tags=_LINES,
    priorities={"type": "array", "items": _one_of(PRIORITIES)},
    fields=_LINES,
    window=_SECONDS,
    max=_number(1, 1 << 20),
)
_PLUGIN: Final = _members(("name",), name=_TEXT, library_path={}, init_config={}, open_params={})
_PLUGINS: Final[Mapping[str, Schema]] = {
    "plugins": {
        "description": "Plugins of Falco; container and k8smeta are built in, others are not run.",
        "anyOf": [{"type": "array", "items": _PLUGIN}, {"type": "null"}],
    },
    "load_plugins": {
        "description": "The plugins that are used; all, without this key.",
        "anyOf": [_LINES, {"type": "null"}],
    },
}

_SHAPES: Final[Mapping[Callable[..., Any], Schema]] = {
    read.boolean: _BOOLEAN,
    read.automatic: _AUTOMATIC,
    read.text: _TEXT,
    read.texts: _LINES,
    read.paths: _list_or_one(_NAMED),
    read.selections: {"type": "array", "items": _SELECTION},
    read.append_output: _list_or_one(_APPENDED),
    read.static_fields: {**_MAP_OF_TEXTS, "propertyNames": {"pattern": f"^{read.STATIC_NAME.pattern}$"}},
    read.output_choices: {"type": "array", "items": {**_OPTIONS, "properties": {"name": _TEXT}, "required": ["name"]}},
    container_engines: _ENGINES,
    alert_limits: _list_or_one(_LIMIT),
    spool_choices: {"type": "object", "additionalProperties": _SPOOL},
    responses: {"type": "array", "items": _RESPONSE},
    protected_processes: _members(names=_LINES, paths=_LINES, cgroups=_LINES),
    duration: {"type": "string", "pattern": f"^(?:[0-9]+(?:ms|[smhdwy]))+$|{_VARIABLE}"},
    address: _TEXT,
    web_path: {"type": "string", "pattern": f"^/|{_VARIABLE}"},
    capabilities: _LINES,
    actions: {"type": "array", "items": _one_of(("ignore", "log", "alert", "exit"))},
    config_files: _list_or_one({"anyOf": [_NAMED, _members(("path",), path=_TEXT, strategy=_one_of(STRATEGIES))]}),
}
