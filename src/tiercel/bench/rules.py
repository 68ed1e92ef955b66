# SPDX-License-Identifier: Apache-2.0
"""Rule files of any size, the same in every run: rules of the length and the shapes that published ones have.

Each has macros, lists, exceptions and a long output, some 17 checks in all. None is meant to match: names and paths are
made of random letters, addresses are of the network that is kept for documents. Of 100 rules some 48 are about programs
that start, 40 about files, 7 about connections and 5 about files that go: roughly the shares that published rule sets
have.
"""

from __future__ import annotations

import random
from typing import Final

__all__ = ["generated"]

_SEED: Final = 7
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"

_HEAD: Final = """\
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


class _Words:
    """Endless names, each as unlikely as the last."""

    def __init__(self, pick: random.Random) -> None:
        self.pick = pick

    def word(self, letters: int = 6) -> str:
        return "".join(self.pick.choices(_LETTERS, k=letters))

    def words(self, least: int, most: int) -> str:
        return ", ".join(self.word() for _ in range(self.pick.randint(least, most)))

    def path(self) -> str:
        return "/" + "/".join(self.word(self.pick.randint(3, 8)) for _ in range(self.pick.randint(2, 4)))


def _started(of: _Words) -> str:
    which = f"proc.name in ({of.words(2, 8)})"
    if of.pick.random() < 0.5:
        which += f' and proc.cmdline contains "{of.word()} -{of.word(2)}"'
    return f"spawned and {which}"


def _arguments(of: _Words) -> str:
    said = f'(proc.cmdline contains "{of.word(7)}" or proc.args endswith "{of.word()}")'
    return f"spawned and {said} and not user.name = {of.word(5)}"


def _written(of: _Words) -> str:
    if of.pick.random() < 0.1:
        return f"open_write and below_etc and fd.filename in ({of.words(2, 4)})"
    return f"open_write and (fd.name startswith {of.path()} or fd.directory in ({of.path()}, {of.path()}))"


def _read(of: _Words) -> str:
    names = ", ".join(of.path() for _ in range(3))
    return f"open_read and (fd.name in ({names}) or fd.name glob {of.path()}/*.{of.word(3)})"


def _connected(of: _Words) -> str:
    port = of.pick.randint(20_000, 60_000)
    return f"evt.type in (connect, sendto) and fd.sport = {port} and fd.sip = 192.0.2.{port % 250 + 1}"


def _removed(of: _Words) -> str:
    return f'evt.type in (unlink, unlinkat, rename, renameat, renameat2) and evt.args contains "{of.word(7)}"'


_KINDS: Final = ((_started, 34), (_arguments, 14), (_written, 21), (_read, 19), (_connected, 7), (_removed, 5))


def _rule(number: int, of: _Words) -> str:
    (kind,) = of.pick.choices([kind for kind, _ in _KINDS], weights=[share for _, share in _KINDS])
    return f"""\
- rule: generated {number}
  desc: >
    A description of several words, as published rules have them, about {of.word()} and {of.word()}.
  condition: >
    {kind(of)}
    and not proc.name in (trusted)
    and not by_manager
    and not (proc.pname = {of.word()} and proc.cmdline startswith "{of.word()} --{of.word()}")
  exceptions:
    - name: known_processes
      fields: [proc.name, fd.name]
      comps: [=, startswith]
      values:
        - [{of.word()}, {of.path()}]
        - [{of.word()}, {of.path()}]
    - name: known_parents
      fields: proc.pname
      values: [{of.word()}, {of.word()}]
  output: >
    Something happened (user=%user.name command=%proc.cmdline file=%fd.name parent=%proc.pname
    pcmdline=%proc.pcmdline gparent=%proc.aname[2] container=%container.id)
  priority: WARNING
  tags: [host, container, generated]
"""


def generated(count: int) -> str:
    """Return a rule file with so many rules; a longer one begins with the rules of a shorter one."""
    of = _Words(random.Random(_SEED))  # noqa: S311 - the same rules every time are the point
    return _HEAD + "".join(_rule(number, of) for number in range(count))
