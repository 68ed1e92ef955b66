# SPDX-License-Identifier: Apache-2.0
"""Run without the probe, with ``engine.kind: nodriver``: no events, until the time or a signal ends it."""

from __future__ import annotations

import argparse
import select
import signal
import time
from contextlib import ExitStack

from tiercel.cli import EXIT_INTERRUPTED, EXIT_OK, report
from tiercel.cli.alerting import outputs, remark, say_losses
from tiercel.cli.interrupts import Interrupts, early_signals_blocked
from tiercel.cli.rule_paths import rule_paths
from tiercel.cli.run_log import announce
from tiercel.config.config import Config
from tiercel.engine.configured_rules import load_rules
from tiercel.engine.stats import Stats
from tiercel.errors import UsageError
from tiercel.outputs.dispatch import Delivery

__all__ = ["wait"]


def wait(args: argparse.Namespace, config: Config) -> int:
    """Check the rules and open the outputs as always, then wait; return the exit status.

    Raises:
        UsageError: E601, a process, a control group or a command is to be watched.
    """
    if args.command or args.pid is not None or args.cgroup is not None or args.containers:
        raise UsageError("E601", "engine.kind is nodriver: nothing is watched", hint="set it to modern_ebpf")
    with ExitStack() as stack:
        stack.enter_context(early_signals_blocked())
        rules = load_rules(config, *rule_paths(args.rules))
        delivery = Delivery(outputs(args, config, spools=True), report)
        stack.callback(delivery.close)
        interrupts = stack.enter_context(Interrupts())
        announce("waiting (engine.kind is nodriver: no system call is watched)")
        remark(rules, config)
        delivery.resume()
        status = _until(time.monotonic() + args.duration if args.duration else None, interrupts, delivery)
    say_losses(Stats(), delivery)
    args.finished(rules.rules, Stats())
    return status


def _until(deadline: float | None, interrupts: Interrupts, delivery: Delivery) -> int:
    poller = select.poll()
    poller.register(interrupts.fileno(), select.POLLIN)
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        poller.poll(None if left is None else left * 1000)
        for interrupt in interrupts.take():
            if interrupt.ends:
                return EXIT_INTERRUPTED if interrupt.signum == signal.SIGINT else EXIT_OK
            if interrupt.signum == signal.SIGUSR1:
                delivery.reopen()
        if left == 0:
            return EXIT_OK
