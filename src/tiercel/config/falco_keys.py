# SPDX-License-Identifier: Apache-2.0
"""Keys of Falco's configuration, and what to do instead where a key has no effect here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tiercel.config.keys import KEYS
from tiercel.frozen import frozen

__all__ = ["CURRENT", "OLD", "PLUGINS", "WITHOUT_EFFECT", "FalcoKey", "Ignored", "ignored", "is_known", "later"]


@frozen
class Ignored:
    """Key of a configuration that has no effect, and what to do instead."""

    key: str
    advice: str

    def __str__(self) -> str:
        return f"{self.key}: {self.advice}"


@frozen
class FalcoKey:
    """Key of Falco, or group of keys, without effect in tiercel.

    Attributes:
        name: the dotted name; that of a group stands for all of its members.
        advice: what to do instead.
        agrees: values that describe what tiercel does; None: all values.
    """

    name: str
    advice: str
    agrees: frozenset[str] | None = frozenset()


# Keys of Falco 0.44. Most are rows of KEYS.
CURRENT: Final = frozenset(
    (
        "append_output",
        "base_syscalls.all",
        "base_syscalls.custom_set",
        "base_syscalls.repair",
        "buffer_format_base64",
        "buffered_outputs",
        "capture.default_duration",
        "capture.enabled",
        "capture.max_file_size_mb",
        "capture.mode",
        "capture.path_prefix",
        "config_files",
        "engine.kind",
        "engine.kmod.buf_size_preset",
        "engine.kmod.drop_failed_exit",
        "engine.modern_ebpf.buf_size_preset",
        "engine.modern_ebpf.cpus_for_each_buffer",
        "engine.modern_ebpf.disable_iterators",
        "engine.modern_ebpf.drop_failed_exit",
        "engine.replay.capture_file",
        "falco_libs.snaplen",
        "falco_libs.thread_table_auto_purging_interval_s",
        "falco_libs.thread_table_auto_purging_thread_timeout_s",
        "falco_libs.thread_table_size",
        "file_output.enabled",
        "file_output.filename",
        "file_output.keep_alive",
        "http_output.ca_bundle",
        "http_output.ca_cert",
        "http_output.ca_path",
        "http_output.client_cert",
        "http_output.client_key",
        "http_output.compress_uploads",
        "http_output.echo",
        "http_output.enabled",
        "http_output.insecure",
        "http_output.keep_alive",
        "http_output.max_consecutive_timeouts",
        "http_output.mtls",
        "http_output.url",
        "http_output.user_agent",
        "json_include_message_property",
        "json_include_output_fields_property",
        "json_include_output_property",
        "json_include_tags_property",
        "json_output",
        "libs_logger.enabled",
        "libs_logger.severity",
        "load_plugins",
        "metrics.convert_memory_to_mb",
        "metrics.enabled",
        "metrics.include_empty_values",
        "metrics.interval",
        "metrics.jemalloc_stats_enabled",
        "metrics.kernel_event_counters_enabled",
        "metrics.kernel_event_counters_per_cpu_enabled",
        "metrics.kernel_iter_event_counters_enabled",
        "metrics.libbpf_stats_enabled",
        "metrics.output_file",
        "metrics.output_rule",
        "metrics.plugins_metrics_enabled",
        "metrics.resource_utilization_enabled",
        "metrics.rules_counters_enabled",
        "metrics.state_counters_enabled",
        "output_timeout",
        "outputs_queue.capacity",
        "plugins",
        "plugins_hostinfo",
        "priority",
        "program_output.enabled",
        "program_output.keep_alive",
        "program_output.program",
        "rule_matching",
        "rules",
        "rules_files",
        "static_fields",
        "stdout_output.enabled",
        "syscall_event_drops.actions",
        "syscall_event_drops.max_burst",
        "syscall_event_drops.rate",
        "syscall_event_drops.simulate_drops",
        "syscall_event_drops.threshold",
        "syscall_event_timeouts.max_consecutives",
        "syslog_output.enabled",
        "time_format_iso_8601",
        "watch_config_files",
        "webserver.enabled",
        "webserver.k8s_healthz_endpoint",
        "webserver.listen_address",
        "webserver.listen_port",
        "webserver.prometheus_metrics_enabled",
        "webserver.ssl_certificate",
        "webserver.ssl_enabled",
        "webserver.threadiness",
    )
)

_FAILED: Final = (
    "failed calls that no rule can match never leave the kernel; add `and evt.failed = false` to rules that may miss "
    "the others"
)
_PURGED: Final = "processes leave the table when they end, and their parents after them"
_OWN_RINGS: Final = "engine.modern_ebpf.buf_size_preset sets the size of the ring buffers; two CPUs or more share one"

_CURRENT_ROWS: Final = (
    FalcoKey("base_syscalls.all", "rules may use all system calls", agrees=None),
    FalcoKey(
        "base_syscalls.custom_set",
        "rules alone select the system calls that leave the kernel; to select fewer, disable rules",
        frozenset({"list"}),
    ),
    FalcoKey("base_syscalls.repair", "process state needs no system calls of rules", agrees=None),
    FalcoKey("buffered_outputs", "an alert is written at once, unless others wait with it", frozenset({"false"})),
    FalcoKey("engine.kmod.buf_size_preset", "it counts with engine.kind: kmod only", agrees=None),
    FalcoKey("engine.kmod.drop_failed_exit", _FAILED, frozenset({"false"})),
    FalcoKey("engine.modern_ebpf.cpus_for_each_buffer", _OWN_RINGS, frozenset({"2"})),
    FalcoKey(
        "engine.modern_ebpf.disable_iterators",
        "where the kernel refuses iterators, the state at the start comes from /proc by itself",
        frozenset({"false"}),
    ),
    FalcoKey("engine.modern_ebpf.drop_failed_exit", _FAILED, frozenset({"false"})),
    FalcoKey("falco_libs.thread_table_auto_purging_interval_s", _PURGED, frozenset({"300"})),
    FalcoKey("falco_libs.thread_table_auto_purging_thread_timeout_s", _PURGED, frozenset({"300"})),
    FalcoKey(
        "falco_libs.thread_table_size",
        "the size of the process table is fixed; processes that it has no room for are counted and reported",
        frozenset({"262144"}),
    ),
    FalcoKey("metrics.jemalloc_stats_enabled", "tiercel does not use jemalloc", frozenset({"false"})),
    FalcoKey(
        "metrics.kernel_event_counters_per_cpu_enabled",
        "events and losses are counted for all CPUs together",
        frozenset({"false"}),
    ),
    FalcoKey(
        "metrics.kernel_iter_event_counters_enabled", "reads of the state at the start are no events", agrees=None
    ),
    FalcoKey(
        "metrics.libbpf_stats_enabled",
        "`bpftool prog` shows the time of each program, after `sysctl kernel.bpf_stats_enabled=1`",
        frozenset({"false"}),
    ),
    FalcoKey("metrics.plugins_metrics_enabled", "plugins of Falco are built in, or not run", agrees=None),
    FalcoKey(
        "syscall_event_timeouts.max_consecutives",
        "silence is no fault: only events that rules can match leave the kernel; /healthz reports a stuck sensor",
        frozenset({"1000"}),
    ),
    FalcoKey("plugins_hostinfo", "sources of events other than the kernel get no facts of the host", agrees=None),
)

_OLD_ROWS: Final = (
    FalcoKey("engine.ebpf", "the old BPF probe is gone from Falco, too; set engine.kind and engine.modern_ebpf"),
    FalcoKey("engine.gvisor", "gVisor is gone from Falco, too"),
    FalcoKey("grpc", "the gRPC server is gone from Falco, too; write JSON alerts to a file"),
    FalcoKey("grpc_output", "the gRPC output is gone from Falco, too; write JSON alerts to a file"),
    FalcoKey("metadata_download", "kubernetes.* says where metadata of the cluster comes from"),
    FalcoKey("modern_bpf", _OWN_RINGS),
    FalcoKey("outputs.max_burst", "Falco has no rate limit of alerts any more; alert_limits limits repeated alerts"),
    FalcoKey("outputs.rate", "Falco has no rate limit of alerts any more; alert_limits limits repeated alerts"),
    FalcoKey("outputs_queue.recovery", "outputs_queue.overflow says what a full queue does"),
    FalcoKey("syscall_buf_size_preset", "set engine.modern_ebpf.buf_size_preset"),
    FalcoKey("syscall_drop_failed_exit", _FAILED, frozenset({"false"})),
    FalcoKey("webserver.k8s_audit_endpoint", "the audit events of Kubernetes are a plugin of Falco since 0.32"),
)

WITHOUT_EFFECT: Final[Mapping[str, FalcoKey]] = {row.name: row for row in (*_CURRENT_ROWS, *_OLD_ROWS)}
OLD: Final = frozenset(row.name for row in _OLD_ROWS)
"""Keys and groups of older versions of Falco."""

PLUGINS: Final = ("plugins", "load_plugins")
"""Keys that :mod:`tiercel.config.falco_plugins` reads."""

_LATER: Final = "tiercel does not have it"


def later() -> list[FalcoKey]:
    """Return rows for the groups of Falco 0.44 that tiercel does not have."""
    read = {*PLUGINS, *WITHOUT_EFFECT, *(key.name for key in KEYS)}
    groups = dict.fromkeys(name.partition(".")[0] for name in sorted(CURRENT - read))
    return [FalcoKey(group, _LATER) for group in groups]


def is_known(name: str) -> bool:
    """Return whether this is a key of Falco, or a member of an old group."""
    return name in CURRENT or _old_group(name) is not None


def ignored(name: str, value: Any, *, is_off: bool = False) -> Ignored | None:
    """Return the remark on a key of Falco without effect; None if its value describes what tiercel does.

    Args:
        name: the dotted name.
        value: the value, as it is given.
        is_off: the group of the key is switched off, so that a lack of it changes nothing.
    """
    row = WITHOUT_EFFECT.get(_old_group(name) or name)
    if row is None:
        group = name.partition(".")[0]
        return None if is_off else Ignored(group, _LATER)
    given = value.lower() if isinstance(value, str) else "list" if value == [] else ""
    return None if row.agrees is None or given in row.agrees else Ignored(row.name, row.advice)


def _old_group(name: str) -> str | None:
    """Return the row of an old key: itself, or the group that contains it."""
    while name:
        if name in OLD:
            return name
        name = name[: max(name.rfind("."), 0)]
    return None
