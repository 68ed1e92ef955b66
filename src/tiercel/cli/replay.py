# SPDX-License-Identifier: Apache-2.0
"""tiercel replay: evaluate rules over a capture file and print an alert for each match.

It reads captures of Falco, sysdig and `tiercel record`, plain or compressed by gzip. It needs no privileges: processes
and users come from the capture alone. Without -r it uses the packaged rules. Alerts go to standard output, one per
line; everything else goes to standard error.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from tiercel.alerts.limiter import AlertLimiter
from tiercel.cli import EXIT_FAILED, EXIT_OK, alerting, report
from tiercel.cli.alerting import counted, load_config, outputs, remark, say, say_losses
from tiercel.cli.limiting import say_limits
from tiercel.cli.responding import remark_replay
from tiercel.cli.rule_paths import STDIN, rule_paths
from tiercel.cli.run_log import use_log
from tiercel.config.config import Config
from tiercel.engine.configured_rules import load_rules
from tiercel.engine.replay import replay
from tiercel.errors import SourceError, UsageError
from tiercel.outputs.dispatch import Delivery

EXAMPLES = """\
  tiercel replay incident.scap                      the packaged rules
  tiercel replay incident.scap -r rules.yaml --json
  zstdcat incident.scap.zst | tiercel replay -      from another program
  tiercel replay incident.scap -r falco_rules.yaml -o path_matching=requested -o rule_matching=all
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    help_text = "capture file; `-` is standard input. By default engine.replay.capture_file of the configuration"
    parser.add_argument("capture", nargs="?", metavar="CAPTURE", help=help_text)
    alerting.configure(parser)


def run(args: argparse.Namespace) -> int:
    """Evaluate the capture and return the exit status."""
    config = load_config(args)
    use_log(config.log)
    capture = args.capture or config.capture_file
    if not capture:
        raise UsageError("E601", "no capture is given", hint="for example `tiercel replay incident.scap`")
    return evaluate(capture, args, config)


def evaluate(capture: str, args: argparse.Namespace, config: Config) -> int:
    """Print the alerts of a capture; the status is 1 if it is damaged, or if alerts could not be delivered."""
    taken = "the capture" if capture == STDIN else ""
    rules = load_rules(config, *rule_paths(args.rules, stdin_is_taken_by=taken))
    with ExitStack() as stack:
        alerts = stack.enter_context(
            replay(
                capture,
                rules,
                path_matching=config.path_matching,
                rule_matching=config.rule_matching,
                style=config.style,
                until_ns=args.until_ns,
            )
        )
        delivery = Delivery(outputs(args, config), report, waits=True)
        stack.callback(delivery.close)
        remark(rules, config)
        remark_replay(config)
        status = EXIT_OK
        limiter = AlertLimiter(config.alert_limits)
        try:
            for alert in alerts:
                delivery.send(limiter.filter((alert,)))
                if delivery.reader_gone:
                    break
        except SourceError as error:
            report(error)
            status = EXIT_FAILED
        delivery.send(limiter.finish())
        stats = alerts.stats()
    say(f"{counted(stats.events, 'event')}, {counted(sum(stats.matches.values()), 'alert')}")
    say_limits(limiter.stats())
    say_losses(stats, delivery)
    args.finished(rules.rules, stats)
    return status if not delivery.failures else EXIT_FAILED
