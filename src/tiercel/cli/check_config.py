# SPDX-License-Identifier: Apache-2.0
"""Check of a configuration for ``tiercel check``: findings, and the settings that rules need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tiercel.config.config import Config
from tiercel.engine.configured_rules import file_remarks, selection_remarks
from tiercel.engine.ruleset import Ruleset
from tiercel.errors import ConfigError, TiercelError
from tiercel.frozen import frozen
from tiercel.lang.diagnostics import Diagnostic
from tiercel.outputs.registry import check_output
from tiercel.rules import RuleFiles

__all__ = ["CheckedConfig", "check_config", "selections_without_effect"]


@frozen
class CheckedConfig:
    """Configuration with its findings.

    Attributes:
        config: the settings; the defaults if they cannot be read.
        is_read: the settings can be read, so that rules can be checked with them.
        errors: what prevents a run.
        notes: what a run mentions: keys without effect, and rule files that do not exist.
    """

    config: Config
    is_read: bool
    errors: tuple[Diagnostic, ...]
    notes: tuple[str, ...]


def check_config(path: str | None, options: Iterable[str], *, reads_rules: bool) -> CheckedConfig:
    """Read a configuration and check what a run needs, without root and without a change of any file.

    Args:
        path: the file, or None.
        options: ``KEY=VALUE``, as after ``-o``.
        reads_rules: the rules are those of the configuration, and not of the command line.
    """
    try:
        config = Config.load(path, options)
    except ConfigError as error:
        return CheckedConfig(Config(), False, (_diagnostic(error, path),), ())
    errors = tuple(_diagnostic(error, path) for error in _problems(config))
    notes = [f"without effect: {entry}" for entry in config.ignored]
    if reads_rules:
        notes += file_remarks(config)
    return CheckedConfig(config, True, errors, tuple(notes))


def _problems(config: Config) -> Iterator[TiercelError]:
    if not config.delivers:
        hint = "enable stdout_output or another output"
        yield ConfigError("E604", "no output is enabled: alerts would go nowhere", hint=hint)
    for choice in config.outputs:
        try:
            check_output(choice.name, choice.options)
        except TiercelError as error:
            yield error


def _diagnostic(error: TiercelError, path: str | None) -> Diagnostic:
    span = error.span
    place = (span.file, span.line, span.column) if span is not None else (path or "-o", 1, 1)
    return Diagnostic(error.code, "error", *place, error.text, error.hint)


def selections_without_effect(config: Config, files: RuleFiles) -> tuple[str, ...]:
    """Return remarks on entries of ``rules`` that fit no rule."""
    if not config.rules:
        return ()
    rules = Ruleset(files, append_output=config.append_output, static_fields=config.static_fields)
    return tuple(selection_remarks(config, rules))
