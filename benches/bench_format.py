# SPDX-License-Identifier: Apache-2.0
"""Cost of an alert's text, formatted once, on first use."""

from __future__ import annotations

import pytest

from tiercel import Engine, Ruleset

EVENT = {
    "evt.type": "openat",
    "evt.failed": False,
    "evt.is_open_read": True,
    "fd.name": "/srv/app/data",
    "fd.typechar": "f",
    "proc.name": "cat",
    "proc.cmdline": "cat /srv/app/data",
    "user.name": "root",
}
RULES = """
- rule: bench
  desc: a rule with an output as published rules have it
  condition: evt.type = openat and fd.name = /srv/app/data
  output: >
    Something happened (user=%user.name command=%proc.cmdline file=%fd.name parent=%proc.pname
    pcmdline=%proc.pcmdline gparent=%proc.aname[2] container=%container.id)
  priority: WARNING
  tags: [host, container]
"""


@pytest.mark.parametrize("form", ["output", "json"])
def bench_alert(benchmark, form):
    """From the captured values to a line of text or of JSON."""
    engine = Engine(Ruleset.loads(RULES))

    def fresh():
        (alert,) = engine.evaluate(EVENT)
        return (alert,), {}

    text = benchmark.pedantic(
        lambda alert: alert.to_json() if form == "json" else alert.output, setup=fresh, rounds=2000
    )
    assert "cat /srv/app/data" in text
