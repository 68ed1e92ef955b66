# SPDX-License-Identifier: Apache-2.0
"""Tactics of MITRE ATT&CK for enterprises, and the tags of Falco rules that name them."""

from __future__ import annotations

import re
from typing import Final

from tiercel.frozen import frozen

__all__ = ["TACTICS", "TACTIC_BY_TAG", "TECHNIQUE", "Tactic"]


@frozen
class Tactic:
    """One tactic: its identifier and name; the tag ``mitre_<name>`` has underscores and no capitals."""

    uid: str
    name: str

    @property
    def tag(self) -> str:
        """Tag of rules: ``mitre_command_and_control``."""
        return f"mitre_{self.name.lower().replace(' ', '_')}"


TACTICS: Final = (
    Tactic("TA0043", "Reconnaissance"),
    Tactic("TA0042", "Resource Development"),
    Tactic("TA0001", "Initial Access"),
    Tactic("TA0002", "Execution"),
    Tactic("TA0003", "Persistence"),
    Tactic("TA0004", "Privilege Escalation"),
    Tactic("TA0005", "Defense Evasion"),
    Tactic("TA0006", "Credential Access"),
    Tactic("TA0007", "Discovery"),
    Tactic("TA0008", "Lateral Movement"),
    Tactic("TA0009", "Collection"),
    Tactic("TA0011", "Command and Control"),
    Tactic("TA0010", "Exfiltration"),
    Tactic("TA0040", "Impact"),
)

TACTIC_BY_TAG: Final = {key: tactic for tactic in TACTICS for key in (tactic.tag, tactic.uid)}
"""Tactics by tag: ``mitre_execution``, and ``TA0002``."""

TECHNIQUE: Final = re.compile(r"(T\d{4})(?:\.\d{3})?")
"""Tag that is the identifier of a technique or sub-technique; the group is that of the technique."""
