# SPDX-License-Identifier: Apache-2.0
"""E61x: files with tests of rules, and events given as mappings."""

from __future__ import annotations

from typing import Final

from tiercel.lang.wording.row import Wording

__all__ = ["ROWS"]

ROWS: Final = {
    "E610": Wording(
        "a file of rule tests is a mapping with `cases`, but this is {found}",
        "write `cases:` and below it `- name:`, `event:` and `expect:`",
    ),
    "E611": Wording("{owner} has no key `{key}`", "{suggestion}"),
    "E612": Wording("`{key}` is given twice", "remove one of them"),
    "E613": Wording("`{field}` is {takes}, but this is {found}", "{suggestion}"),
    "E614": Wording("{owner} does not tell `evt.type`", "every event has a type: `evt.type: openat`"),
    "E615": Wording("there is no rule `{name}`", "{suggestion}"),
    "E616": Wording("`{key}` takes {takes}, but this is {found}", "{suggestion}"),
    "E617": Wording("{owner} has no `{key}`", "{suggestion}"),
    "E618": Wording(
        "the rule `{name}` is switched off, so that it cannot match", "switch it on for the tests: `enable: [{name}]`"
    ),
    "E619": Wording("the event cannot be evaluated: {problem}"),
}
