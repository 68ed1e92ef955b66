# SPDX-License-Identifier: Apache-2.0
"""Operation of ``tiercel run`` as a service: reload by SIGHUP and by changed files."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack

from tiercel.cli import report
from tiercel.cli.alerting import load_config, outputs, remark, say
from tiercel.cli.rule_paths import rule_paths
from tiercel.cli.streams import text_of
from tiercel.cli.watching import Task
from tiercel.config.config import Config
from tiercel.engine.configured_rules import load_rules
from tiercel.engine.sensor import Sensor
from tiercel.errors import TiercelError
from tiercel.operation.reload import Loaded, Reloader
from tiercel.operation.switched_delivery import SwitchedDelivery
from tiercel.operation.watch_files import FileWatch, State
from tiercel.outputs.dispatch import Delivery
from tiercel.rules import Content

__all__ = ["Files", "Operation"]


def _report(error: BaseException) -> None:
    found = error if isinstance(error, TiercelError) else text_of(error)
    assert found is not None
    report(found)


class Files:
    """Files of rules and configuration that the command line names; standard input is read once."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._rules = rule_paths(args.rules)

    def rules(self, config: Config) -> list[str | Content]:
        """Return the rule files of the command line; empty for those of the configuration."""
        return self._rules

    def config(self) -> Config:
        """Read the configuration."""
        return load_config(self._args, search=True)

    def load(self) -> Loaded:
        """Read the configuration and the rules."""
        config = self.config()
        return Loaded(config, load_rules(config, *self.rules(config)))

    def watched(self, config: Config) -> tuple[str, ...]:
        """Return the files and folders whose changes are a reason to reload."""
        rules = [path for path in self._rules if isinstance(path, str)]
        return tuple(dict.fromkeys((*config.files, *config.folders, *(rules or config.rules_files))))


class Operation:
    """Parts of a long run, as tasks of the main loop.

    Attributes:
        tasks: their work.
        on_hangup: action of SIGHUP, or None.
    """

    def __init__(self, args: argparse.Namespace, files: Files, sensor: Sensor, delivery: SwitchedDelivery) -> None:
        self._args = args
        self._files = files
        self._sensor = sensor
        self._delivery = delivery
        self._watch: FileWatch | None = None
        self.tasks: list[Task] = []
        self.on_hangup: Callable[[], None] | None = None

    def begin(self, stack: ExitStack, first: Loaded, seen: State) -> None:
        """Begin all parts; ``seen`` is the state of the files when they were read."""
        reloader = Reloader(
            self._sensor,
            self._delivery,
            first,
            load=self._files.load,
            deliver=lambda config: Delivery(outputs(self._args, config), report),
            say=say,
            report=_report,
            on_loaded=self._loaded,
        )
        stack.callback(reloader.close)
        self.tasks.append(reloader)
        self.on_hangup = reloader.request
        paths = self._files.watched(first.config)
        if not first.config.watch_config_files or not paths:
            return
        try:
            self._watch = FileWatch(paths, seen, reloader.request)
        except OSError as error:
            say(f"files are not watched for changes ({error}); SIGHUP reloads them")
            return
        stack.callback(self._watch.close)
        self.tasks.append(self._watch)

    def _loaded(self, loaded: Loaded) -> None:
        """Report the remarks of a new configuration, and watch its files."""
        remark(loaded.rules, loaded.config)
        if self._watch is not None:
            self._watch.follow(self._files.watched(loaded.config))
