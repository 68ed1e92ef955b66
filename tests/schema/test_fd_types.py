# SPDX-License-Identifier: Apache-2.0
"""The types of descriptors are Falco's."""

from __future__ import annotations

import re
from pathlib import Path

from tiercel.schema.fd_types import FD_TYPES, NO_WORD

ROW = re.compile(r"\| (?P<types>[^|]+\(\d+[^|]*) \| \**(?P<letter>\w)\** ?[^|]* \| `?(?P<word>[^`|]+?)`? \|")


def test_letters_and_words(shared_dir: Path) -> None:
    text = (shared_dir / "spec" / "state-engine.md").read_text()
    falco = {
        int(number): (row["letter"], row["word"])
        for row in ROW.finditer(text)
        for number in re.findall(r"\((\d+)", row["types"])
    }
    assert len(falco) == 21
    assert {row.number: (row.letter, row.word or NO_WORD) for row in FD_TYPES} == falco
