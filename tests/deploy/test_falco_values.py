# SPDX-License-Identifier: Apache-2.0
"""The table of Falco's values in the documentation, compared with the chart."""

from __future__ import annotations

import json
import re

from support import helm
from support.live import REPOSITORY

PAGE = REPOSITORY / "docs/coming-from-falco.md"
# Values of tiercel's chart alone.
OWN = frozenset(
    ("tiercel", "args", "kubernetes", "hostRoot", "global", "priorityClassName", "updateStrategy", "minReadySeconds")
) | {"terminationGracePeriodSeconds", "extraEnv", "extraVolumes", "extraVolumeMounts"}
# Values whose effect the table describes by a row of another name.
WITHIN = frozenset({"certs", "metrics"})


def rows() -> dict[str, str]:
    """Return the effect of each value in the table."""
    head = r"^\| value of Falco's chart \|.*\n\|---\|---\|\n"
    (table,) = re.findall(rf"{head}((?:\|.*\n)+)", PAGE.read_text(), re.MULTILINE)
    cells = (line.strip("| \n").split(" | ", 1) for line in table.splitlines())
    return {name: effect for names, effect in cells for name in re.findall(r"`([^`]+)`", names)}


def test_table_has_each_value_of_the_schema() -> None:
    properties = json.loads((helm.CHART / "values.schema.json").read_text())["properties"]
    assert {name.partition(".")[0] for name in rows()} == set(properties) - OWN


def test_members_in_the_table_exist() -> None:
    root = json.loads((helm.CHART / "values.schema.json").read_text())
    for name in rows():
        node = root
        for part in name.split("."):
            assert part in node["properties"], name
            node = node["properties"][part]


def test_values_without_effect_are_those_that_the_chart_lists() -> None:
    """The notes of an installation report each value that the table calls useless."""
    without = {name for name, effect in rows().items() if effect.startswith("no effect")}
    template = (helm.CHART / "templates/_config.tpl").read_text()
    notes = template[template.index('define "tiercel.withoutEffect"') :]
    names = (name for found in re.findall(r'append \$found "([\w., -]+): ', notes) for name in found.split(", "))
    listed = {name for name in names if name.partition(".")[0] not in WITHIN}
    assert without - {"driver.kmod"} == listed - {"falco.rules_files"}
