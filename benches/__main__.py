# SPDX-License-Identifier: Apache-2.0
"""Runner of all benches, one after the other.

    python -m benches              times, instructions
    python -m benches times|instructions [OPTION…]

Exit status 1 if an instruction count left its baseline.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benches import instructions

FOLDER = Path(__file__).parent


def times(arguments: list[str]) -> int:
    """Run the benches of pytest-benchmark."""
    command = [sys.executable, "-m", "pytest", str(FOLDER), "-q", "-p", "no:cacheprovider", "--benchmark-disable-gc"]
    command += ["-o", "python_files=bench_*.py", "-o", "python_functions=bench_*"]
    command += ["--benchmark-columns=median,iqr,rounds", "--benchmark-sort=name", *arguments]
    return subprocess.run(command, cwd=FOLDER.parent, check=False).returncode


PARTS = {"times": times, "instructions": instructions.main}


def main(arguments: list[str]) -> int:
    """Run the requested parts."""
    if arguments and arguments[0] in PARTS:
        return PARTS[arguments[0]](arguments[1:])
    if arguments:
        print(f"usage: python -m benches [{'|'.join(PARTS)} [OPTION…]]", file=sys.stderr)
        return 2
    return max([part([]) for part in PARTS.values()])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
