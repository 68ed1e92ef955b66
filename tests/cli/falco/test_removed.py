# SPDX-License-Identifier: Apache-2.0
"""Options that Falco has no more."""

from __future__ import annotations

import re

import pytest

from tiercel.cli.falco.options import FLAG_BY_NAME
from tiercel.cli.falco.removed import REMOVED, ROWS, Removed
from tiercel.config.tree import parse_option


def test_no_option_is_both_removed_and_there() -> None:
    assert not REMOVED.keys() & FLAG_BY_NAME.keys()


def test_letters_of_older_falcos() -> None:
    """The options with one letter that Falco had between 2016 and today."""
    letters = {name[1] for name in (*REMOVED, *FLAG_BY_NAME) if len(name) == 2}
    assert letters >= set("hcAbdDegikKLlmMNopPrsSTtUuvVw")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.names[0])
def test_replacements_are_options_that_can_be_written(row: Removed) -> None:
    for text in re.findall(r"-o '?([^'`\s]+)", row.instead):
        assert parse_option(text).steps
