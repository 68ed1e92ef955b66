# SPDX-License-Identifier: Apache-2.0
"""Configuration keys of operation: notices, reload, metrics, web server, log, privileges, lost events."""

from __future__ import annotations

import re
from typing import Final

from tiercel.config import values as read
from tiercel.config.key import Key
from tiercel.config.self_check_settings import MIN_CANARY_MS
from tiercel.config.values import ConfigValue
from tiercel.frozen import frozen
from tiercel.schema.numbers import CAPABILITIES

__all__ = ["KEYS", "LOG_KEYS", "Decimal", "actions", "address", "canary_period", "capabilities", "duration", "web_path"]

_UNITS: Final = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
    "y": 31_536_000_000,
}
_DURATION: Final = re.compile(r"(\d+)(ms|[smhdwy])")
_MIN_MS: Final = 100
_MAX_MS: Final = 10 * _UNITS["y"]
_LOG_LEVELS: Final = (
    *("emergency", "alert", "critical", "error", "warning", "notice", "info", "informational", "debug"),
)
_SEVERITIES: Final = ("fatal", "critical", "error", "warning", "notice", "info", "debug", "trace")
_ACTIONS: Final = ("ignore", "log", "alert", "exit")


def duration(given: ConfigValue) -> int:
    """Return the milliseconds of a duration with units: ``1h30m``."""
    text = given.value if isinstance(given.value, str) else ""
    parts = _DURATION.findall(text)
    total = sum(int(number) * _UNITS[unit] for number, unit in parts) if len(text) < 100 else 0
    if "".join(number + unit for number, unit in parts) != text or not _MIN_MS <= total <= _MAX_MS:
        raise given.wrong("a duration of at least 100ms with its units, as 30s or 1h30m")
    return total


def canary_period(given: ConfigValue) -> int:
    """Return the milliseconds of a duration of at least a second, or 0 for ``off``."""
    if str(given.value).lower() in ("off", "no", "false"):
        return 0
    if (found := duration(given)) < MIN_CANARY_MS:
        raise given.wrong("a duration of at least 1s with its units, as 1m, or off")
    return found


@frozen
class Decimal:
    """Reader of a decimal number in a range, ends included."""

    low: float
    high: float

    def __call__(self, given: ConfigValue) -> float:
        try:
            number = float(given.value)
        except (TypeError, ValueError):
            number = self.low - 1
        if self.low <= number <= self.high:
            return number
        raise given.wrong(f"a number from {self.low:g} to {self.high:g}")


def actions(given: ConfigValue) -> tuple[str, ...]:
    """Return the actions for lost events."""
    found = read.texts(given)
    if any(action not in _ACTIONS for action in found) or ("ignore" in found and {"log", "alert"} & set(found)):
        raise given.wrong("a list of some of log, alert and exit, or of ignore")
    return found


def capabilities(given: ConfigValue) -> tuple[str, ...]:
    """Return names of capabilities; they may be in lower case, and without ``CAP_``."""
    found = tuple(f"CAP_{name.upper().removeprefix('CAP_')}" for name in read.texts(given))
    for name in found:
        if name not in CAPABILITIES.values():
            raise given.wrong("a list of capabilities, as CAP_DAC_OVERRIDE")
    return tuple(dict.fromkeys(found))


def web_path(given: ConfigValue) -> str:
    """Return a path of the web server."""
    if re.fullmatch(r"/[\x21-\x7e]*", read.text(given)) is None:
        raise given.wrong("a path, as /healthz")
    return read.text(given)


def address(given: ConfigValue) -> str:
    """Return an address of the network, IPv4 or IPv6."""
    import socket  # few need it

    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, read.text(given))
        except (OSError, ValueError):
            continue
        return read.text(given)
    raise given.wrong("an address of this machine, as 127.0.0.1 or ::1")


LOG_KEYS: Final[tuple[Key, ...]] = (
    Key("log_stderr", "log.stderr", read.boolean, "log of the command to standard error", "off by default"),
    Key("log_syslog", "log.syslog", read.boolean, "log of the command in syslog", "on by default"),
    Key("log_level", "log.level", read.one_of(*_LOG_LEVELS), "the least urgent level of the log"),
    Key(
        "libs_logger.enabled",
        "log.libs",
        read.boolean,
        "messages of libbpf in the log, after `[libs]: `",
    ),
    Key(
        "libs_logger.severity",
        "log.libs_severity",
        read.one_of(*_SEVERITIES),
        "the least severe of these messages; log_level applies, too",
    ),
)

KEYS: Final[tuple[Key, ...]] = (
    Key("internal_alerts", "internal_alerts", read.boolean, "notices of the sensor also as alerts, source `internal`"),
    Key("watch_config_files", "watch_config_files", read.boolean, "reload when files of rules or settings change"),
    Key("metrics.enabled", "metrics.enabled", read.boolean, "metrics, for the three destinations below"),
    Key("metrics.interval", "metrics.interval_ms", duration, "time between two snapshots, as 30s or 1h"),
    Key("metrics.output_rule", "metrics.output_rule", read.boolean, "snapshots as alerts, source `internal`"),
    Key("metrics.output_file", "metrics.output_file", read.text, "snapshots as lines of JSON in this file"),
    Key("metrics.rules_counters_enabled", "metrics.rules", read.boolean, "metrics: matches by rule"),
    Key("metrics.resource_utilization_enabled", "metrics.resources", read.boolean, "metrics: processor and memory"),
    Key("metrics.state_counters_enabled", "metrics.state", read.boolean, "metrics: entries of the process table"),
    Key("metrics.kernel_event_counters_enabled", "metrics.kernel", read.boolean, "metrics: events and losses"),
    Key("metrics.kernel_event_counters_per_cpu_enabled", "metrics.per_cpu", read.boolean, "metrics: the same by CPU"),
    Key(
        "metrics.libbpf_stats_enabled",
        "metrics.libbpf",
        read.boolean,
        "metrics: runs and run time of BPF programs, if the sysctl kernel.bpf_stats_enabled is 1",
    ),
    Key("metrics.convert_memory_to_mb", "metrics.memory_in_mb", read.boolean, "snapshots: MB instead of KB"),
    Key("metrics.include_empty_values", "metrics.empty_values", read.boolean, "snapshots: counters that are zero, too"),
    Key("webserver.enabled", "webserver.enabled", read.boolean, "serve health check, versions and metrics"),
    Key(
        "webserver.listen_address",
        "webserver.address",
        address,
        "address to listen on; default 127.0.0.1",
        "0.0.0.0 by default",
    ),
    Key("webserver.listen_port", "webserver.port", read.number_between(0, 65535), "port to listen on; default 8765"),
    Key(
        "webserver.threadiness",
        "webserver.connections",
        read.number_between(0, 1024),
        "maximum number of connections at a time; 0: 16",
    ),
    Key("webserver.k8s_healthz_endpoint", "webserver.health_path", web_path, "path of the health check"),
    Key(
        "webserver.prometheus_metrics_enabled",
        "webserver.metrics",
        read.boolean,
        "serve /metrics, if metrics are enabled",
    ),
    Key("webserver.ssl_enabled", "webserver.tls", read.boolean, "serve HTTPS"),
    Key("webserver.ssl_certificate", "webserver.certificate", read.text, "PEM file with key and certificate"),
    *LOG_KEYS,
    Key(
        "privileges.drop",
        "privileges.drop",
        read.boolean,
        "give up the capabilities that the sensor does not need, before it starts; as --drop-privileges",
    ),
    Key("privileges.keep", "privileges.keep", capabilities, "further capabilities to keep, as CAP_DAC_OVERRIDE"),
    Key(
        "self_checks.canary",
        "self_checks.canary_ms",
        canary_period,
        "time between test events that prove that events reach the alerts, as 1m, or off",
    ),
    Key("syscall_event_drops.actions", "drops.actions", actions, "reaction to lost events: log, alert, exit or ignore"),
    Key(
        "syscall_event_drops.threshold",
        "drops.threshold",
        Decimal(0, 1),
        "share of lost events in a second above which there is a reaction",
    ),
    Key("syscall_event_drops.rate", "drops.rate", Decimal(0, 1000), "reactions per second, in the long run"),
    Key("syscall_event_drops.max_burst", "drops.max_burst", Decimal(0, 1e6), "reactions that may follow at once"),
    Key("syscall_event_drops.simulate_drops", "drops.simulate", read.boolean, "pretend losses, as a test"),
)
