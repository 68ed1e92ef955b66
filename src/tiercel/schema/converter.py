# SPDX-License-Identifier: Apache-2.0
"""Conversion of events of older captures to their current form.

Until 2025 an event was two records: one when a system call was entered, one when it returned. Now there is one, with
the params of both. Layouts changed before that, too: an event got a new code, or more params under its old one. A rule
defines one conversion step for a code and a number of params; steps repeat until the event is current.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tiercel.frozen import frozen
from tiercel.schema.events import EVENTS
from tiercel.schema.old_events import OLD_EVENTS

__all__ = ["ACTIONS", "RULES", "SOURCES", "Rule", "Source"]

ACTIONS: Final = ("store", "pass", "store_and_pass", "add", "change")
"""``store``: keep the event for the thread's next exit and show nothing. ``pass``: show the event unchanged.
``store_and_pass``: both. ``add``: append params. ``change``: convert to another event with these params."""

SOURCES: Final = ("old", "tail", "enter", "enter_or_empty", "empty", "default", "container")
"""Origins of a param. ``old``: the event's own param. ``tail``: the event's own param without its first byte, which is
the variant of a value. ``enter``: the stored event's param; without a stored event the default, or nothing.
``empty``: no value. ``default``: zero of the param's type; user and group ids have all bits set.
``container``: the description of a container as JSON, of the event's four params."""


@frozen
class Source:
    """Origin of one param: a kind of :data:`SOURCES`, and the index of the param there."""

    kind: str
    param: int = 0


@frozen
class Rule:
    """Conversion of an event with a given code and number of params.

    Attributes:
        code: Falco's code of the event.
        nparams: number of its params.
        action: one of :data:`ACTIONS`.
        target: code of the resulting event, for ``change``.
        sources: origins of the added params, or of all params of the target.
    """

    code: int
    nparams: int
    action: str
    target: int | None = None
    sources: tuple[Source, ...] = ()


# Codes of enter events with all their params.
_STORED: Final = """
    0 4 6 8 10 18 20 24 28 30 32 34 36 42 48 52 56 62 64 70 78 80 86 88 90 96 98 100 102 104 106 108 110 112
    114 116 118 120 122 124 126 128 130 132 134 136 138 140 142 144 150 158 160 162 164 166 168 170 188 190
    192 194 198 200 236 238 240 242 248 250 252 254 256 262 264 276 284 294 296 298 328 332 374 376 388 390
    396 398
"""
_PASSED: Final = "2 58 306 326 330"
_STORED_AND_PASSED: Final = "22 292"

# Below: the form's name, CODE/NPARAMS, the code of the resulting event, and the params: oN is param N of the event
# itself (o0..7 are the first eight), tN param N without its first byte, eN param N of the stored enter event or else
# the default, eN? param N of the stored enter event or else empty, - is empty, 0 the default.
_CHANGED: Final = """
    brk_1_x 11/1 -> 159: o0 e0? - - -
    execve_8_e 12/0 -> 154:
    execve_8_x 13/8 -> 155: o0..7 - - - - -
    clone_11_x 15/11 -> 157: o0..7 - - - - - o8..10
    procexit_e 16/0 -> 186: - - - - -
    accept_x 27/3 -> 247: o0..2 0 0
    accept4_x 57/3 -> 389: o0..2 0 0 e0
    newselect_x 85/1 -> 83: o0
    ioctl_2_x 91/1 -> 171: o0 e0? e1? -
    mkdir_x 99/1 -> 277: o0 e0? e1?
    rmdir_x 101/1 -> 279: o0 e0?
    openat_x 103/1 -> 307: o0 e0? e1? e2? e3? - -
    link_x 105/1 -> 309: o0 e0? e1?
    linkat_x 107/1 -> 311: o0 e0? e1? e2? e3? -
    unlink_x 109/1 -> 301: o0 e0?
    unlinkat_x 111/1 -> 303: o0 e0? e1? -
    dup_x 125/1 -> 367: o0 e0?
    schedswitch_1_e 146/1 -> 152: o0 - - - - -
    execve_13_e 154/0 -> 172:
    execve_13_x 155/13 -> 173: o0..12 -
    clone_16_x 157/16 -> 217: o0..12 - o13..15
    execve_14_e 172/0 -> 214:
    execve_14_x 173/14 -> 215: o0..12 - o13
    fork_x 183/16 -> 219: o0..12 - o13..15
    vfork_x 185/16 -> 221: o0..12 - o13..15
    execve_15_e 214/0 -> 230:
    execve_15_x 215/15 -> 231: o0..13 - o14
    clone_17_x 217/17 -> 223: o0..13 - o14..16 - -
    fork_17_x 219/17 -> 225: o0..13 - o14..16 - -
    vfork_17_x 221/17 -> 227: o0..13 - o14..16 - -
    container_e 228/4 -> 272: json
    execve_16_e 230/0 -> 282:
    execve_16_x 231/16 -> 283: o0..15 -
    accept4_5_x 249/5 -> 389: o0..4 e0
    umount_x 259/2 -> 387: o0 o1
    container_json_e 272/1 -> 324: o0
    execve_17_e 282/0 -> 288: -
    execve_17_x 283/17 -> 289: o0..16
    execve_18_e 288/1 -> 292: o0
    execve_18_x 289/17 -> 293: o0..16 -
    bpf_x 297/1 -> 369: t0 e0?
"""

# Appended params, in the same notation.
_ADDED: Final = """
    generic_x 1/1: e1?
    open_e 2/0: - - -
    open_x 3/4: -
    open_x 3/5: -
    close_x 5/1: e0
    read_x 7/2: e0 e1
    write_x 9/2: e0 e1
    socket_x 19/1: e0 e1 e2
    socket_x 19/4: 0
    bind_x 21/2: e0
    connect_e 22/1: 0
    connect_x 23/2: e0
    connect_x 23/3: e1
    listen_x 25/1: e0 e1
    send_x 29/2: e0 e1 0
    sendto_x 31/2: e0 e1 e2
    recv_x 33/2: e0 e1 0
    recvfrom_x 35/3: e0 e1
    shutdown_x 37/1: e0 e1
    socketpair_x 43/5: e0 e1 e2
    sendmsg_x 49/2: e0 e1 e2
    sendmmsg_x 51/0: 0 - - - -
    recvmsg_x 53/4: 0
    recvmsg_x 53/5: e0
    recvmmsg_x 55/0: 0 - - - - -
    creat_e 58/0: - -
    creat_x 59/3: -
    creat_x 59/4: -
    creat_x 59/5: -
    eventfd_x 63/1: e0 e1
    futex_x 65/1: e0 e1 e2
    fstat_x 71/1: e0
    epollwait_x 79/1: e0
    poll_x 81/2: e1
    lseek_x 87/1: e0 e1 e2
    llseek_x 89/1: e0 e1 e2
    fchdir_x 97/1: e0?
    pread_x 113/2: e0 e1 e2
    pwrite_x 115/2: e0 e1 e2
    readv_x 117/3: e0
    writev_x 119/2: e0 e1
    preadv_x 121/3: e0 e1
    pwritev_x 123/2: e0 e1 e2
    signalfd_x 127/1: e0 e1 e2
    kill_x 129/1: e0 e1
    tkill_x 131/1: e0 e1
    tgkill_x 133/1: e0 e1 e2
    nanosleep_x 135/1: e0
    timerfd_create_x 137/1: e0 e1
    inotify_init_x 139/1: e0
    getrlimit_x 141/3: e0
    setrlimit_x 143/3: e0
    prlimit_x 145/5: e0? e1?
    fcntl_x 151/1: e0 e1
    fcntl_x 151/3: 0
    brk_4_x 159/4: e0?
    mmap_x 161/4: e0 e1 e2 e3 e4 e5
    mmap2_x 163/4: e0 e1 e2 e3 e4 e5
    munmap_x 165/4: e0 e1
    splice_x 167/1: e0 e1 e2 e3
    ptrace_x 169/0: - - -
    ptrace_x 169/3: e0? e1?
    ioctl_3_x 171/1: e0 e1 e2
    sendfile_x 189/2: e0 e1 e3
    quotactl_x 191/14: e0 e1 e2 e3
    setresuid_x 193/1: e0? e1? e2?
    setresgid_x 195/1: e0? e1? e2?
    setuid_x 199/1: e0?
    setgid_x 201/1: e0?
    clone_20_x 223/20: -
    fork_20_x 225/20: -
    vfork_20_x 227/20: -
    getdents_x 237/1: e0
    getdents64_x 239/1: e0
    setns_x 241/1: e0? e1?
    flock_x 243/1: e0 e1
    semop_x 251/8: e0
    semctl_x 253/1: e0 e1 e2 e3
    ppoll_x 255/2: e1 e2
    mount_x 257/4: e0
    semget_x 263/1: e0 e1 e2
    access_x 265/2: e0
    mkdir_2_x 277/2: e0?
    unshare_x 285/1: e0
    execve_19_x 293/18: -
    execve_19_x 293/19: -
    execve_19_x 293/20: - - -
    execve_19_x 293/23: - - -
    execve_19_x 293/26: -
    execve_19_x 293/27: -
    execve_19_x 293/28: -
    execve_19_x 293/29: -
    execve_19_x 293/30: e0?
    setpgid_x 295/1: e0? e1?
    seccomp_e 298/1: 0
    seccomp_x 299/1: e0 e1
    openat_2_e 306/0: - - - -
    openat_2_x 307/5: -
    openat_2_x 307/6: -
    openat2_e 326/0: - - - - -
    openat2_x 327/6: - -
    mprotect_x 329/1: e0 e1 e2
    execveat_x 331/19: -
    execveat_x 331/20: - - -
    execveat_x 331/23: - - -
    execveat_x 331/26: -
    execveat_x 331/27: -
    execveat_x 331/28: -
    execveat_x 331/29: -
    copy_file_range_x 333/3: e0 e1 e2
    clone3_x 335/20: -
    epoll_create_x 375/1: e0
    epoll_create1_x 377/1: e0
    accept4_6_x 389/5: e0
    umount2_x 391/2: e0
    eventfd2_x 397/2: e0
    signalfd4_x 399/2: e0 e1
"""

_WORD: Final = re.compile(r"(?P<letter>[ote])(?P<first>\d+)(?:\.\.(?P<last>\d+))?(?P<mark>\??)")
_LETTERS: Final = {"o": "old", "t": "tail", "e": "enter", "e?": "enter_or_empty"}
_WORDS: Final = {"-": Source("empty"), "0": Source("default"), "json": Source("container")}


def _sources(text: str) -> Iterator[Source]:
    for word in text.split():
        if word in _WORDS:
            yield _WORDS[word]
        elif match := _WORD.fullmatch(word):
            first = int(match["first"])
            for param in range(first, int(match["last"] or first) + 1):
                yield Source(_LETTERS[match["letter"] + match["mark"]], param)
        else:
            raise ValueError(f"no source of a param: {word}")


def _rules() -> Iterator[Rule]:
    counts = {event.code: len(event.types) for event in OLD_EVENTS}
    counts |= {event.code: len(event.params) for event in EVENTS}
    for action, codes in (("store", _STORED), ("pass", _PASSED), ("store_and_pass", _STORED_AND_PASSED)):
        for code in map(int, codes.split()):
            yield Rule(code, counts[code], action)
    for action, rows in (("change", _CHANGED), ("add", _ADDED)):
        for line in rows.strip().splitlines():
            head, _, sources = line.partition(":")
            _, form, *target = head.replace("->", " ").split()
            code, nparams = map(int, form.split("/"))
            yield Rule(code, nparams, action, int(target[0]) if target else None, tuple(_sources(sources)))


RULES: Final[tuple[Rule, ...]] = tuple(sorted(_rules(), key=lambda rule: (rule.code, rule.nparams)))
