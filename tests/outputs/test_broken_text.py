# SPDX-License-Identifier: Apache-2.0
"""Text that is not UTF-8, or not even text, in every place that an alert shows: what comes out is one clean line."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from tiercel.alerts.alert import Alert, AlertEvent, Column, Layout, Shown, Style
from tiercel.outputs import FileOutput
from tiercel.rules.model import Priority
from tiercel.schema.alert_formats import AlertFormat

# Bytes as the kernel gives them, and characters as YAML can hold them: controls and lone surrogates too.
TEXTS = st.binary(max_size=40).map(os.fsdecode) | st.text(st.characters(categories=None, codec=None), max_size=40)
VALUES = st.one_of(
    TEXTS,
    st.binary(max_size=40),
    st.lists(TEXTS, max_size=4),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.none(),
    st.booleans(),
)
FORMATS = st.sampled_from(["dec", "hex", "oct", "id", "padded", "none"])
UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0001-\U000e007f]"
)


@settings(max_examples=examples(400), deadline=None)
@given(
    data=st.data(), rule=TEXTS, tag=TEXTS, literal=TEXTS, key=TEXTS, host=TEXTS, width=st.none() | st.integers(1, 50)
)
def test_lines_are_clean(
    data: Any, rule: str, tag: str, literal: str, key: str, host: str, width: int | None, tmp_path_factory: Any
) -> None:
    columns = (Column(key, data.draw(FORMATS)), Column("hidden", data.draw(FORMATS), listed=False))
    layout = Layout(
        rule=rule,
        priority=Priority.NOTICE,
        source="syscall",
        tags=(tag,),
        segments=(literal, Shown(0, width), Shown(1)),
        columns=columns,
        style=Style(json_message=True),
        extras=((literal, (Shown(1), literal)),),
    )
    values = (data.draw(VALUES), data.draw(VALUES))
    alert = Alert(layout, values, time_ns=0, hostname=host, event=AlertEvent(dict))
    path = Path(tmp_path_factory.getbasetemp()) / "alerts"
    for form in get_args(AlertFormat):
        path.unlink(missing_ok=True)
        output = FileOutput(path, format=form)
        output.send(alert)
        output.close()
        line = path.read_bytes().decode("utf-8")
        assert line.endswith("\n")
        assert not UNSAFE.search(line[:-1])
        if form == "falco":
            shown = json.loads(line)
            assert set(shown["output_fields"]) >= {layout.extras[0][0]} or UNSAFE.search(literal)
            assert list(shown) == sorted(shown)
    assert repr(alert)
    assert alert.fields.keys() >= {key}
