# SPDX-License-Identifier: Apache-2.0
"""Examples and options in the guide to outputs for other systems."""

from __future__ import annotations

import inspect
import re

import pytest
import yaml
from jsonschema import Draft7Validator
from support.live import REPOSITORY

from tiercel.config.config import Config
from tiercel.config.schema import config_schema
from tiercel.outputs.elasticsearch import ElasticsearchOutput
from tiercel.outputs.http_batches import HttpBatches
from tiercel.outputs.kafka import KafkaOutput
from tiercel.outputs.loki import LokiOutput
from tiercel.outputs.otlp import OtlpOutput
from tiercel.outputs.registry import check_output, installed_outputs

GUIDE = (REPOSITORY / "docs/howto/send-alerts.md").read_text()
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)]
CLASSES = (HttpBatches, ElasticsearchOutput, KafkaOutput, LokiOutput, OtlpOutput)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["outputs"][0]["name"])
def test_examples_are_correct(example: dict[str, object], tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    for name in re.findall(r"\$\{(\w+)\}", GUIDE):
        monkeypatch.setenv(name, "x")
    path = tmp_path / "tiercel.yaml"
    path.write_text(yaml.safe_dump(example))
    for choice in Config.load(str(path)).outputs:
        check_output(choice.name, choice.options)
    assert list(Draft7Validator(config_schema()).iter_errors(example)) == []


def test_each_output_has_an_example() -> None:
    mine = {name for name in installed_outputs() if f"[`{name}`]" in GUIDE}
    assert mine == {example["outputs"][0]["name"] for example in EXAMPLES}


@pytest.mark.parametrize("made", CLASSES)
def test_each_option_is_described(made: type) -> None:
    parameters = inspect.signature(made.__init__).parameters.values()  # type: ignore[misc]
    named = {one.name for one in parameters if one.kind != one.VAR_KEYWORD} - {"self", "format"}
    rows = {name for row in re.findall(r"^\| (`.*?) \|", GUIDE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named - rows == set()
