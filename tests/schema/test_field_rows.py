# SPDX-License-Identifier: Apache-2.0
"""Every field that Falco has for system calls is a row: same type, same form, same limits of use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tiercel.schema.fields import FIELDS
from tiercel.schema.names import FIELD_BY_NAME
from tiercel.schema.types import ARGUMENTS

FORMATS = {"NA": "dec", "DIR": "dec", "DEC": "dec", "ID": "id", "HEX": "hex", "10_PADDED_DEC": "padded"}

SPELLINGS = {
    "none": "none",
    "optional: [index]": "optional_index",
    "optional: [level]": "optional_index",
    "optional: [fd]": "optional_index",
    "optional: [NAME]": "optional_key",
    "optional: [level] or [NAME]": "optional_index_or_key",
    "optional: .src | .dst (required flag set, bare form accepted)": "optional_dotted",
    "required: [<epoch ns>]": "index",
    "required: key": "key",
    "required: index/key": "index_or_key",
    "required: .<event name>": "dotted",
    "required: .<param name>": "dotted",
    "required: .<subsystem> (letters and _)": "dotted",
    "required: .<param name> or [<number>]": "param",
}

# Where tiercel has a row and Falco has none.
OWN = {
    "container.capabilities": "Falco's plugin does not keep them",
    "container.env": "Falco's plugin shows it in the JSON of its own events only",
    "container.user": "Falco's plugin shows it in the JSON of its own events only",
    "evt.is_io_uring": "Falco does not see requests of io_uring",
    "evt.is_toctou": "Falco does not compare names",
    "evt.toctou_names": "Falco does not compare names",
    "evt.path_binding": "Falco has one path where tiercel has two",
    "fd.name_requested": "Falco has one path where tiercel has two",
    "fd.name_resolved": "Falco has one path where tiercel has two",
}

# Where Falco has a field and tiercel no row.
LEFT_OUT = {"static.<key>": "one field for each key of the configuration, not one that is known beforehand"}


@pytest.fixture(scope="module")
def falco(shared_dir: Path) -> dict[str, Any]:
    fields = json.loads((shared_dir / "spec/fields.json").read_text())["fields"]
    return {row["name"]: row for row in fields if row["origin"] in {"libsinsp", "plugin:container", "plugin:k8smeta"}}


def test_every_field_is_a_row(falco: dict[str, Any]) -> None:
    assert falco.keys() - FIELD_BY_NAME.keys() == LEFT_OUT.keys()
    assert FIELD_BY_NAME.keys() - falco.keys() == OWN.keys()


def test_types_and_formats(falco: dict[str, Any]) -> None:
    ours = {row.name: (row.type.name, row.fmt) for row in FIELDS if row.name not in OWN}
    assert ours == {name: (falco[name]["type"], FORMATS[falco[name]["print_format"]]) for name in ours}


def test_arguments(falco: dict[str, Any]) -> None:
    ours = {row.name: row.arg for row in FIELDS if row.name not in OWN}
    assert ours == {name: SPELLINGS[falco[name]["arg"]] for name in ours}


@pytest.mark.parametrize("flag", ["filter_only", "hidden", "deprecated", "no_rhs", "no_transformer"])
def test_flags(flag: str, falco: dict[str, Any]) -> None:
    ours = {row.name for row in FIELDS if getattr(row, flag)} - OWN.keys()
    assert ours == {name for name in FIELD_BY_NAME.keys() - OWN.keys() if falco[name][flag]}


def test_lists(falco: dict[str, Any]) -> None:
    ours = {row.name for row in FIELDS if row.multi == "list"} - OWN.keys()
    assert ours == {name for name, row in falco.items() if row["list"]}


def test_suggested(falco: dict[str, Any]) -> None:
    # With Falco, who loads the plugin k8smeta has a collector; here the fields are there for everybody.
    known = {name: row for name, row in falco.items() if row["origin"] != "plugin:k8smeta"}
    suggested = {name for name, row in known.items() if "FORMAT_SUGGESTED" in row["flags"]}
    assert {row.name for row in FIELDS if row.suggested} == suggested - LEFT_OUT.keys()


def test_forms() -> None:
    for row in FIELDS:
        assert row.arg in ARGUMENTS, row.name
        assert bool(row.names) <= ("dotted" in row.forms), row.name


def test_reasons() -> None:
    """A reason follows a colon, so that it is no sentence of its own."""
    for row in FIELDS:
        for reason in (row.pending, row.deprecated):
            assert not reason.endswith("."), row.name
            assert not reason[:1].isupper(), row.name
