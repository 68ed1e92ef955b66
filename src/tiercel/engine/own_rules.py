# SPDX-License-Identifier: Apache-2.0
"""Rules of the sensor about itself, which the core evaluates apart from the user's rules.

They match events ``notification`` that only the probe makes: the param ``id`` is the kind of check, ``desc`` a text. No
rule of the user sees these events, and no recording contains them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tiercel._core.eval.program_build import RuleProgram
from tiercel.alerts.alert import Layout, Style
from tiercel.alerts.layout import make_layouts
from tiercel.engine.ruleset import Ruleset

__all__ = ["CANARY", "OWN_GENERATION", "OwnRules", "own_rules"]

OWN_GENERATION: Final = 0
"""Generation of these rules, with which the core tags their alerts."""

CANARY: Final = "canary"
"""Name of the rule about canaries."""

_CANARY_RULE: Final = """
- rule: canary
  desc: A test event of the sensor arrived.
  condition: evt.type = notification and evt.arg.id = canary and evt.arg.desc startswith "{token:08x}"
  output: "%evt.arg.desc"
  priority: DEBUG
"""


class OwnRules(NamedTuple):
    """Compiled rules with the layouts of their alerts."""

    program: RuleProgram | None
    layouts: tuple[Layout, ...]


def own_rules(token: int) -> OwnRules:
    """Return the rules for a sensor whose canaries begin with the random number ``token``, below 2**32."""
    compiled = Ruleset.loads(_CANARY_RULE.format(token=token), "<own rules>").compile("requested")
    assert compiled.program is not None
    return OwnRules(RuleProgram(compiled.program), make_layouts(compiled, Style()))
