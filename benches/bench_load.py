# SPDX-License-Identifier: Apache-2.0
"""How long rule files take from text to a program in C, at the sizes that issue 3 names; the best round must keep its
limit.  What is measured is the time of this process, so that other work on the machine does not count.
"""

from __future__ import annotations

import random
import time

import pytest

from tiercel import compiler
from tiercel._core.program import RuleProgram
from tiercel.rules import load_text

ROUNDS = 3

pytestmark = pytest.mark.benchmark(timer=time.process_time)

# Seconds.
UPSTREAM, THOUSANDS, LONG_LIST = 0.5, 5.0, 0.2

_HEAD = """
- list: shells
  items: [ash, bash, csh, ksh, sh, tcsh, zsh, dash]
- list: managers
  items: [dpkg, rpm, apt, apt-get, yum, dnf, apk, pip, npm, gem, "python -m pip"]
- list: trusted
  items: [shells, managers, cron, systemd, sshd]
- macro: spawned
  condition: (evt.type in (execve, execveat) and evt.failed = false)
- macro: open_write
  condition: (evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.typechar = f and fd.num >= 0)
- macro: open_read
  condition: (evt.type in (open, openat, openat2) and evt.is_open_read = true and fd.typechar = f and fd.num >= 0)
- macro: by_manager
  condition: (proc.name in (managers) or proc.pname in (managers) or proc.aname[2] in (managers))
- macro: below_etc
  condition: (fd.name startswith /etc/ and not fd.name in (/etc/mtab, /etc/resolv.conf))
"""


def _words(pick: random.Random) -> list[str]:
    return ["".join(pick.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(12)]


def _condition(words: list[str], pick: random.Random) -> str:
    return pick.choice(
        [
            f'spawned and proc.name in ({", ".join(words[:6])}) and proc.cmdline contains "{words[6]} -x"',
            f"open_write and (below_etc or fd.name startswith /{words[0]}/{words[1]} or fd.directory = /{words[2]})",
            f"open_read and (fd.name in (/{words[0]}/{words[1]}, /{words[2]}) or fd.name glob /{words[3]}/*.conf)",
            f"evt.type in (connect, sendto) and fd.sport = {pick.randint(1, 65535)} and fd.l4proto = tcp",
        ]
    )


def _rule(number: int, pick: random.Random) -> str:
    """One rule of the size and shape that published ones have: macros, lists, several exceptions."""
    words = _words(pick)
    first = _condition(words, pick)
    return f"""
- rule: generated {number}
  desc: >
    A description of several words, as published rules have them, about {words[7]} and {words[8]}.
  condition: >
    {first}
    and not proc.name in (trusted)
    and not by_manager
    and not (proc.pname = {words[9]} and proc.cmdline startswith "{words[10]} --{words[11]}")
  exceptions:
    - name: known_processes
      fields: [proc.name, fd.name]
      comps: [=, startswith]
      values:
        - [{words[0]}, /var/lib/{words[1]}]
        - [{words[2]}, /srv/{words[3]}]
    - name: known_parents
      fields: proc.pname
      values: [{words[4]}, {words[5]}]
  output: >
    Something happened (user=%user.name command=%proc.cmdline file=%fd.name parent=%proc.pname
    pcmdline=%proc.pcmdline gparent=%proc.aname[2] container=%container.id)
  priority: WARNING
  tags: [host, container, generated]
"""


def rules(count: int) -> str:
    """A file with so many rules."""
    pick = random.Random(7)
    return _HEAD + "".join(_rule(number, pick) for number in range(count))


def _load(text: str) -> RuleProgram:
    program = compiler.compile(load_text(text)).program
    assert program is not None
    return RuleProgram(program)


def _best(benchmark, text):
    program = benchmark.pedantic(_load, args=(text,), rounds=ROUNDS, warmup_rounds=1)
    assert len(program.rules) > 0
    return benchmark.stats.stats.min


def bench_as_many_as_upstream(benchmark):
    """93 rules with exceptions, long outputs and many macros."""
    assert _best(benchmark, rules(93)) < UPSTREAM


def bench_thousands(benchmark):
    """3,000 rules of the size that upstream's have."""
    assert _best(benchmark, rules(3000)) < THOUSANDS


def bench_long_list(benchmark):
    """A list of 10,000 items that one more rule uses: what it adds to a file of one rule."""
    items = ", ".join(f"word{number}" for number in range(10_000))
    more = f"\n- list: long\n  items: [{items}]\n" + _rule(1, random.Random(8)).replace("(trusted)", "(long)")
    assert _best(benchmark, _HEAD + more) < LONG_LIST
