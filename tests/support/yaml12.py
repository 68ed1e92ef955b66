# SPDX-License-Identifier: Apache-2.0
"""YAML 1.2 as editors read it, for checks of JSON schemas."""

from __future__ import annotations

import re

import yaml


class Yaml12(yaml.BaseLoader):
    """YAML as editors read it: only null, true, false and numbers are not text."""


for tag, pattern, first in (
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", [*"~nN", ""]),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("tag:yaml.org,2002:int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("tag:yaml.org,2002:float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+0123456789.")),
):
    Yaml12.add_implicit_resolver(tag, re.compile(f"^(?:{pattern})$"), first)
Yaml12.add_constructor("tag:yaml.org,2002:null", lambda *_: None)
Yaml12.add_constructor("tag:yaml.org,2002:bool", lambda _, node: node.value.lower() == "true")
Yaml12.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value, 0 if "x" in node.value else 10))
Yaml12.add_constructor("tag:yaml.org,2002:float", lambda _, node: float(node.value))
