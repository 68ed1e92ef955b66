# SPDX-License-Identifier: Apache-2.0
"""The parts of the chart that are rendered from the tables of keys; tests/deploy tries them with Helm."""

from __future__ import annotations

import json

import yaml
from support.live import REPOSITORY

from tiercel.config.chart import RELOADED_TEMPLATE, VALUES_SCHEMA, reloaded_template, values_schema
from tiercel.config.reloaded import reloaded_groups
from tiercel.config.schema import config_schema


def test_the_schema_of_values_has_that_of_the_configuration() -> None:
    text = values_schema('{\n  "title": "x",\n  "definitions": {"configuration": {\n old')
    found = json.loads(text)
    assert found["title"] == "x"
    assert {**found["definitions"]["configuration"], "$schema": config_schema()["$schema"]} == config_schema()
    assert values_schema(text) == text


def test_both_files_are_current() -> None:
    text = (REPOSITORY / VALUES_SCHEMA).read_text()
    assert values_schema(text) == text, "python -m tiercel.config.reference writes it"
    assert (REPOSITORY / RELOADED_TEMPLATE).read_text() == reloaded_template()


def test_the_template_lists_the_groups() -> None:
    text = reloaded_template()
    body = text.partition('"tiercel.reloaded" -}}')[2].partition("{{-")[0]
    assert yaml.safe_load(body) == reloaded_groups()
