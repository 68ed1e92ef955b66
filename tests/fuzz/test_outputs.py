# SPDX-License-Identifier: Apache-2.0
"""Any text as an output, and any values in it: mistakes are findings, and alerts can always be written."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from tiercel.alerts.alert import Alert, AlertEvent, Style
from tiercel.alerts.layout import make_layouts
from tiercel.compiler import Compiled, Program, Template
from tiercel.compiler.frontend.output_template import Literal, parse_template
from tiercel.lang.text import Text
from tiercel.rules.model import Priority, Rule

PARTS = st.sampled_from(
    [
        *("%", "%%", "*", "%proc.name", "%5", "%0", "%99999999999", "%evt.arg[", "%evt.arg.flags", "%evt.arg[1]"),
        *("%proc.env['a b']", "%proc.aname[2]", "%evt.time.s", "%evt.num", "%static.a", "%static.a.b", "%static."),
        *("%toupper(", "tolower(", "%concat(proc.name, ", "%join(',', (", "%getopt(('-a'), 'a')", "%val(", "%len("),
        *("%x(", "%fd.port", "proc.name", "evt.rawres", "'a'", '"', "'", ", ", ")", "(", "[", "]", "[a]", " "),
        *("\n", "\x00", "é", "\ud800"),
    ]
)
OUTPUTS = st.text(max_size=30) | st.lists(PARTS, max_size=8).map("".join)
STATICS = {"static.a": "A\udc80", "static.a.b": ""}
VALUES = (
    st.none()
    | st.integers(-(2**63), 2**64 - 1)
    | st.booleans()
    | st.binary(max_size=9)
    | st.floats()
    | st.text(max_size=9)
)


@settings(max_examples=examples(1000), deadline=None)
@given(
    text=OUTPUTS,
    more=st.dictionaries(st.text(max_size=5), st.tuples(OUTPUTS, st.booleans()), max_size=2),
    data=st.data(),
)
def test_any_output(text: str, more: dict[str, tuple[str, bool]], data: Any) -> None:
    fields = {key: (Text.of(written), raw) for key, (written, raw) in more.items()}
    template = parse_template(Text.of(text), STATICS, fields)
    if not isinstance(template, Template):
        assert template
        assert all(found.severity == "error" and found.falco == "LOAD_ERR_COMPILE_OUTPUT" for found in template)
        return
    program = Program(("r",), (), (), {}, (template.sources,))
    rule = Rule("r", Text.of(""), Text.of(text), "", Priority.DEBUG)
    (layout,) = make_layouts(Compiled(program, (rule,), (template,), ()), Style(json_message=True))
    values = tuple(data.draw(VALUES | st.lists(VALUES, max_size=3)) for _ in template.sources)
    alert = Alert(layout, (0, *values), time_ns=0, hostname="h", event=AlertEvent(dict))
    assert len(alert.to_text().splitlines()) == 1
    assert json.loads(alert.to_json())["rule"] == "r"
    assert alert.to_json().encode()
    assert set(alert.fields) == set(alert.to_dict()["output_fields"])


@settings(max_examples=examples(300), deadline=None)
@given(OUTPUTS)
def test_what_is_not_a_field_is_kept(text: str) -> None:
    template = parse_template(Text.of(text))
    if isinstance(template, Template) and not any(getattr(part, "missing", None) for part in template.segments):
        at = int(text.startswith("*"))
        for part in template.segments:
            written = part.text if isinstance(part, Literal) else part.span.value
            assert text.startswith(written, at)
            at += len(written)
        assert at == len(text)
