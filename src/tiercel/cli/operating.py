# SPDX-License-Identifier: Apache-2.0
"""Operation of ``tiercel run`` as a service: reload, metrics, web server, reaction to losses."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import Any

from tiercel.cli import report
from tiercel.cli.alerting import format_of, load_config, outputs, remark, say
from tiercel.cli.limiting import Limiting
from tiercel.cli.responding import Responses
from tiercel.cli.rule_paths import rule_paths
from tiercel.cli.run_log import use_log
from tiercel.cli.streams import text_of
from tiercel.cli.watching import Task
from tiercel.config.config import Config
from tiercel.engine.configured_rules import load_rules
from tiercel.engine.internal_alerts import falco_alert
from tiercel.engine.ruleset import Ruleset
from tiercel.engine.sensor import Sensor
from tiercel.errors import TiercelError
from tiercel.operation.drain_guard import DrainGuard
from tiercel.operation.heart import Heart
from tiercel.operation.output_losses import OutputLosses
from tiercel.operation.reload import Loaded, Reloader
from tiercel.operation.systemd_notify import SystemdNotify
from tiercel.operation.watch_files import FileWatch, State
from tiercel.outputs.dispatch import Delivery
from tiercel.rules import Priority, Rule

__all__ = ["Files", "Operation"]


def _report(error: BaseException) -> None:
    found = error if isinstance(error, TiercelError) else text_of(error)
    assert found is not None
    report(found)


class Files:
    """Files of rules and configuration of a run; standard input is read once.

    Attributes:
        given: rule files of the command line.
    """

    def __init__(self, args: argparse.Namespace, first: Config) -> None:
        """Remember the file that ``first`` was read from, which may have been found at a usual place."""
        self._args = argparse.Namespace(**{**vars(args), "config": first.files[0] if first.files else None})
        self.given = rule_paths(args.rules)

    def load(self) -> Loaded:
        """Read the configuration and the rules."""
        config = load_config(self._args)
        return Loaded(config, load_rules(config, *self.given))

    def rule_files(self, config: Config) -> list[str]:
        """Return the paths of rule files, also without a file there; empty for the packaged rules."""
        return [path for path in self.given or config.rules_files if isinstance(path, str)]

    def watched(self, config: Config) -> tuple[str, ...]:
        """Return the files and folders whose changes are a reason to reload."""
        return tuple(dict.fromkeys((*config.files, *config.folders, *self.rule_files(config))))


class Operation:
    """Parts of a long run, as tasks of the main loop.

    Attributes:
        tasks: their work.
        on_hangup: action of SIGHUP, or None.
    """

    def __init__(
        self,
        args: argparse.Namespace,
        files: Files,
        sensor: Sensor,
        delivery: Delivery,
        responses: Responses,
        limiting: Limiting,
    ) -> None:
        self._args = args
        self._files = files
        self._sensor = sensor
        self._delivery = delivery
        self._responses = responses
        self._limiting = limiting
        self._watch: FileWatch | None = None
        self._reloader: Reloader | None = None
        self._heart = Heart()
        self._systemd: SystemdNotify | None = None
        self._earlier: dict[str, Rule] = {}
        self.tasks: list[Task] = [limiting]
        self.on_hangup: Callable[[], None] | None = None

    def begin(self, stack: ExitStack, first: Loaded, seen: State) -> None:
        """Begin all parts; ``seen`` is the state of the files when they were read."""
        systemd = self._systemd = SystemdNotify(os.environ)
        reloader = Reloader(
            self._sensor,
            self._delivery,
            first,
            load=self._files.load,
            outputs=lambda config: outputs(self._args, config, spools=True),
            prepare=self._responses.prepare,
            say=say,
            report=_report,
            on_loaded=self._loaded,
            observer=systemd,
        )
        stack.callback(reloader.close)
        self.tasks.append(reloader)
        self.on_hangup = reloader.request
        self._reloader = reloader
        self.tasks.append(OutputLosses(self._delivery.stats, self._sensor.notify))
        self._begin_metrics(stack, first.config)
        self._begin_watch(stack, first.config, seen)
        self.tasks.append(DrainGuard(lambda: self._sensor.is_stuck, say, self._delivery.close))
        self.tasks.append(systemd)
        systemd.ready()

    def end(self) -> None:
        """Report the end to systemd."""
        if self._systemd is not None:
            self._systemd.stopping()

    def known_rules(self, first: Ruleset) -> Iterable[Rule]:
        """Return the rules in use, then the rules that reloads have removed since the start with ``first``."""
        rules = {rule.name: rule for rule in self._loaded_rules(first)}
        return (*rules.values(), *(rule for name, rule in self._earlier.items() if name not in rules))

    def _loaded_rules(self, first: Ruleset) -> Iterable[Rule]:
        return self._reloader.current.rules.rules if self._reloader is not None else first.rules

    def _begin_watch(self, stack: ExitStack, config: Config, seen: State) -> None:
        assert self._reloader is not None
        paths = self._files.watched(config)
        if not config.watch_config_files or not paths:
            return
        try:
            self._watch = FileWatch(paths, seen, self._reloader.request)
        except OSError as error:
            say(f"files are not watched for changes ({error}); SIGHUP reloads them")
            return
        stack.callback(self._watch.close)
        self.tasks.append(self._watch)

    def _alert(self, kind: str, priority: Priority, text: str, fields: Mapping[str, Any]) -> None:
        """Deliver an internal alert under Falco's name."""
        config = self._current().config
        lists_fields = format_of(self._args, config) == "text"
        self._delivery.send([falco_alert(kind, priority, text, fields, config.style, lists_fields=lists_fields)])

    def _begin_metrics(self, stack: ExitStack, config: Config) -> None:
        """Begin what the settings of metrics, web server and losses enable; imports only that."""
        if set(config.drops.actions) - {"ignore"}:
            from tiercel.operation.drop_actions import DropActions

            self.tasks.append(DropActions(config.drops, self._sensor.stats, self._alert, say))
        if not (config.metrics.enabled or config.webserver.enabled):
            return
        from tiercel.operation.snapshot import Collector

        collector = Collector(
            self._sensor,
            self._delivery,
            lambda: (self._current(), self._reloads()),
            lambda loaded: (self._files.rule_files(loaded.config), loaded.config.files),
            with_resources=config.metrics.resources,
            responses=self._responses.stats,
            limits=self._limiting.limiter.stats,
        )
        if config.metrics.enabled and (config.metrics.output_rule or config.metrics.output_file):
            from tiercel.operation.metrics_task import MetricsTask

            self.tasks.append(MetricsTask(config.metrics, collector, self._alert, report))
        if config.webserver.enabled:
            from tiercel.cli.web_pages import pages
            from tiercel.operation.web_server import WebServer

            server = WebServer(config.webserver, pages(config, collector, self._heart, lambda: self._sensor.is_blind))
            stack.callback(server.close)
            self.tasks.append(self._heart)
            say(f"serving {'https' if config.webserver.tls else 'http'}://{config.webserver.address}:{server.port}")

    def _loaded(self, before: Loaded, loaded: Loaded) -> None:
        """Report the remarks of a new configuration, and watch its files."""
        self._earlier |= {rule.name: rule for rule in before.rules.rules}
        use_log(loaded.config.log)
        remark(loaded.rules, loaded.config)
        self._limiting.replace(loaded.config.alert_limits)
        if self._watch is not None:
            self._watch.follow(self._files.watched(loaded.config))

    def _current(self) -> Loaded:
        assert self._reloader is not None
        return self._reloader.current

    def _reloads(self) -> int:
        return self._reloader.count if self._reloader is not None else 0
