# SPDX-License-Identifier: Apache-2.0
"""tiercel record: write a capture of all events, for later analysis.

The file contains every event that the probe reports, with all params. It begins with the running processes and their
open files. `tiercel replay`, Falco, sysdig and Wireshark read it. With `-- COMMAND` it starts the command, records only
the command and the processes that it starts, and exits with its status.

With --filter it records only events for which a condition is true, written as in a rule. It adds the events that a
reader needs to follow processes and files, marked so that no rule sees them.

Events that arrive faster than the file can be written are lost, and counted at the end.
"""

from __future__ import annotations

import argparse
import math
import time
from contextlib import ExitStack
from typing import Final

from tiercel.cli import report, watching
from tiercel.cli.alerting import counted, say, say_losses, say_notice
from tiercel.cli.heap import separate_large_blocks
from tiercel.cli.interrupts import Interrupts, early_signals_blocked
from tiercel.engine.ruleset import Ruleset
from tiercel.engine.sensor import Sensor
from tiercel.outputs.dispatch import Delivery

EXAMPLES = """\
  tiercel record build.scap -- make                            one command and all that it starts
  tiercel record out.scap.gz --duration 60                     this machine for a minute, compressed
  tiercel record net.scap --filter 'evt.category = net'        what has to do with sockets, until Ctrl-C
  tiercel record ring.scap --max-size 100M --rotate 5          the last 500 MB: ring.1.scap, ring.2.scap, …
  tiercel replay build.scap -r rules.yaml                      afterwards: which rules would have matched
  tiercel explain --capture build.scap --event 4711 rules.yaml   and why not
"""

_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tiercel record``."""
    parser.usage = "tiercel record [options] OUT.scap [-- COMMAND ARG …]"
    add = parser.add_argument
    add("out", metavar="OUT.scap", help="file to write; one that ends in .gz is compressed")
    add("--filter", metavar="CONDITION", help="record the events for which this is true, as in a rule; by default all")
    add("--max-size", type=_size, metavar="BYTES", help="end when the file has this size; K, M and G may follow")
    add("--rotate", type=int, metavar="N", help="with --max-size: continue in another file, and keep the last N files")
    add("--snaplen", type=int, default=80, metavar="BYTES", help="maximum bytes of a payload (80)")
    add("--buffer", type=_size, default=32 << 20, metavar="BYTES", help="memory for events not yet written (32M)")
    watching.configure(parser)


def _size(text: str) -> int:
    number, unit = (text[:-1], text[-1].upper()) if text[-1:].isalpha() else (text, "")
    if not number.isdecimal() or unit not in _UNITS or not int(number):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of bytes")
    return int(number) * _UNITS[unit]


def run(args: argparse.Namespace) -> int:
    """Record until the command, the time, the size or the user ends it; return the exit status."""
    watching.check_scope(args)
    separate_large_blocks()
    with ExitStack() as stack:
        mask = stack.enter_context(early_signals_blocked())
        delivery = Delivery([], report)  # without rules there are no alerts
        command = stack.enter_context(watching.held(args.command, mask)) if args.command else None
        interrupts = stack.enter_context(Interrupts())
        ended = command.fileno() if command is not None else stack.enter_context(watching.process(args.pid))
        scope = watching.scope_of(args, command)
        sensor = Sensor(Ruleset.loads("[]"), scope=scope, on_notice=say_notice, snaplen=args.snaplen)
        watch = watching.Watch(stack.enter_context(sensor), delivery, interrupts, command, ended)
        recording = sensor.record(
            args.out,
            condition=args.filter,
            max_bytes=args.max_size,
            rotate=args.rotate,
            buffer_bytes=args.buffer,
        )
        say(f"recording to {args.out} ({counted(recording.event_types, 'event type')}, {scope})")
        if command is not None:
            command.release()
        deadline = time.monotonic() + args.duration if args.duration else math.inf
        status = watch.until(deadline, is_over=lambda: not recording.running)
        watch.settle()
        counts = recording.stop()
        sensor.stop()
        watch.deliver()
    files = f" in {counted(counts.files, 'file')}" if counts.files > 1 else ""
    say(f"{counted(counts.events - counts.state_only, 'event')}, {counted(counts.bytes, 'byte')}{files}")
    say_losses(sensor.stats(), delivery)
    if counts.lost:
        say(f"lost: {counted(counts.lost, 'event')} (writing was too slow, see --buffer)")
    return status
