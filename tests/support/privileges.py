# SPDX-License-Identifier: Apache-2.0
"""Python scripts that run as an ordinary user with a few capabilities, as a systemd unit or a container starts them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence

from support.live import REPOSITORY

NOBODY = 65534
# linux/capability.h
CAPABILITIES = {
    "CAP_DAC_READ_SEARCH": 2,
    "CAP_SYS_PTRACE": 19,
    "CAP_PERFMON": 38,
    "CAP_BPF": 39,
}

# Modules are found through open folders, since those above them may be closed to others, as /root is. Then as systemd
# does it: the bounding set, the user, what the user may, and no more privileges by programs. Memory is never writable
# and executable.
_SCRIPT = """
import ctypes, json, os, sys

def opened(folders):
    return [f"/proc/self/fd/{os.open(path, os.O_PATH)}" for path in folders if os.path.isdir(path)]

sys.path = opened(sys.path)
for module in list(sys.modules.values()):
    if hasattr(module, "__path__"):
        module.__path__ = opened(module.__path__)
import tiercel.cli

bits, user, argv = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
PR_SET_KEEPCAPS, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_MDWE = 8, 24, 38, 65

def call(name, *args):
    if getattr(libc, name)(*args):
        raise OSError(ctypes.get_errno(), name)

for bit in range(41):
    if bit not in bits:
        call("prctl", PR_CAPBSET_DROP, bit, 0, 0, 0)
call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
os.setgroups([])
os.setresgid(user, user, user)
os.setresuid(user, user, user)
masks = [sum(1 << bit - low for bit in bits if low <= bit < low + 32) for low in (0, 32)]
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
data = (ctypes.c_uint32 * 6)(masks[0], masks[0], 0, masks[1], masks[1], 0)
call("capset", header, data)
call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
libc.prctl(PR_SET_MDWE, 1, 0, 0, 0)  # from 6.3 on
sys.exit(tiercel.cli.main(argv))
"""


def command(argv: Sequence[str], capabilities: Iterable[str], user: int = NOBODY) -> tuple[list[str], str]:
    """Return a command that runs ``tiercel ARGV…`` as ``user`` with ``capabilities``, and what it reads first."""
    bits = [CAPABILITIES[name] for name in capabilities]
    return [sys.executable, "-c", _SCRIPT], json.dumps([bits, user, list(argv)])


def tiercel_as(
    argv: Sequence[str], capabilities: Iterable[str], user: int = NOBODY
) -> subprocess.CompletedProcess[str]:
    """Run ``tiercel ARGV…`` as ``user`` with ``capabilities``, and wait for its end."""
    words, first = command(argv, capabilities, user)
    return subprocess.run(
        words, input=first, capture_output=True, text=True, check=False, timeout=60, cwd=REPOSITORY / "tests"
    )
