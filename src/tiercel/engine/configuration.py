# SPDX-License-Identifier: Apache-2.0
"""Configuration with its rules and its sensor: ``tiercel.Config``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiercel.alerts.limiter import AlertLimiter
from tiercel.config.config import Config as Settings
from tiercel.engine.configured_rules import load_rules
from tiercel.engine.ruleset import Ruleset
from tiercel.errors import UsageError
from tiercel.sources.scope import Scope

if TYPE_CHECKING:
    from tiercel.engine.sensor import Callback, Sensor

__all__ = ["Config"]


class Config(Settings):
    """Settings of a configuration file, with the names that Falco uses.

    >>> import tiercel
    >>> config = tiercel.Config.load(options=["priority=warning", "rules[].disable.tag=network"])
    >>> config.priority
    'warning'
    >>> config.ruleset().matching(tag="network")[0] in config.ruleset().enabled
    False

    Outputs of the configuration are for ``tiercel run``; in Python, alerts go to the caller.
    """

    __slots__ = ()

    def ruleset(self) -> Ruleset:
        """Load the rules that the configuration names, with its additions and selections.

        Entries of ``rules_files`` that do not exist are skipped; without any it loads the packaged rules.

        Raises:
            RulesError: the files, or the additions to them, have an error.
        """
        return load_rules(self)

    def limiter(self) -> AlertLimiter:
        """Return the limiter of repeated alerts that the configuration describes; without limits, all alerts pass."""
        return AlertLimiter(self.alert_limits)

    def sensor(
        self,
        rules: Ruleset | None = None,
        *,
        scope: Scope = Scope.all(),  # noqa: B008 - immutable
        on_alert: Callback | None = None,
        **others: Any,
    ) -> Sensor:
        """Return a sensor with the settings of the configuration; it is not started.

        Args:
            rules: rules to evaluate; by default those of :meth:`ruleset`.
            scope: processes to watch, as of :class:`Sensor`.
            on_alert: called with each alert, as of :class:`Sensor`.
            others: further arguments of :class:`Sensor`; they take precedence over the configuration.

        Raises:
            RulesError: the rules have an error.
            UsageError: E607, the configuration selects another source than the live kernel, or an argument is wrong.
        """
        from tiercel.engine.sensor import Sensor  # loads the core, which rule tools do without

        if not self.probes:
            hint = "tiercel.replay(config.capture_file, config.ruleset())" if self.replays else "set it to modern_ebpf"
            raise UsageError("E607", f"engine.kind is {self.engine_kind}: there is no live kernel to watch", hint=hint)
        settings: dict[str, Any] = {
            "path_matching": self.path_matching,
            "rule_matching": self.rule_matching,
            "overflow": self.queue_overflow,
            "queue_capacity": self.queue_capacity,
            "ring_bytes": self.ring_bytes,
            "snaplen": self.snaplen,
            "style": self.style,
            "internal_alerts": self.internal_alerts,
            "captures": self.captures,
            "containers": self.containers,
            "self_checks": self.self_checks,
        }
        if rules is None:
            rules = self.ruleset()
        return Sensor(rules, scope=scope, on_alert=on_alert, **{**settings, **others})
