# SPDX-License-Identifier: Apache-2.0
"""Snapshot of metrics as fields of an alert or of a line of JSON, with Falco's names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from tiercel.config.operation_settings import MetricsSettings
from tiercel.operation.buffer_drops import buffer_drops
from tiercel.operation.resources import Resources
from tiercel.operation.snapshot import Snapshot
from tiercel.outputs.worker import OutputStats
from tiercel.response.result import DONE, Outcome

__all__ = ["snapshot_fields"]


def snapshot_fields(now: Snapshot, before: Snapshot | None, settings: MetricsSettings) -> dict[str, Any]:
    """Return the fields of a snapshot; rates are those since the snapshot ``before``."""
    counters: dict[str, Any] = {}
    if settings.rules:
        counters.update(_rules(now))
    if settings.state:
        counters["falco.n_threads"] = now.stats.processes
        counters["falco.n_drops_full_threadtable"] = sum(now.stats.evicted.values())
    if now.resources is not None and settings.resources:
        counters.update(_resources(now.resources, in_mb=settings.memory_in_mb))
    counters.update(_outputs(now))
    counters.update(_responses(now))
    counters["tiercel.alerts_suppressed"] = sum(now.limits.suppressed.values())
    counters["tiercel.alert_windows_evicted"] = now.limits.evicted
    if now.stats.canary is not None:
        counters["tiercel.canary_missing"] = int(now.stats.canary.is_missing)
    found = {key: value for key, value in counters.items() if value or settings.empty_values}
    kernel = dict(_kernel(now, before)) if settings.kernel else {}
    return dict(_wrapper(now, before)) | found | kernel


def _wrapper(now: Snapshot, before: Snapshot | None) -> Iterator[tuple[str, Any]]:
    events, events_before = now.stats.events, before.stats.events if before is not None else 0
    yield "evt.hostname", now.hostname
    yield "evt.source", "syscall"
    yield "evt.time", now.time_ns
    yield "falco.duration_sec", now.duration
    yield "falco.evts_rate_sec", _rate(events - events_before, now, before)
    yield "falco.host_boot_ts", now.boot_ns
    yield "falco.host_num_cpus", now.cpus
    yield "falco.kernel_release", now.kernel
    yield "falco.num_evts", events
    yield "falco.num_evts_prev", events_before
    yield "falco.outputs_queue_num_drops", now.stats.lost_alerts
    yield "falco.reload_ts", now.reloaded_ns
    for name, digest in now.config_files.items():
        yield f"falco.sha256_config_file.{_word(name)}", digest
    for name, digest in now.rules_files.items():
        yield f"falco.sha256_rules_file.{_word(name)}", digest
    yield "falco.start_ts", now.started_ns
    yield "falco.version", now.version
    yield "scap.engine_name", "modern_bpf"


def _rules(now: Snapshot) -> Iterator[tuple[str, Any]]:
    yield "falco.rules.matches_total", now.stats.alerts
    for name, matches in sorted(now.stats.matches.items()):
        yield f"falco.rules.{_word(name)}", matches


def _outputs(now: Snapshot) -> Iterator[tuple[str, Any]]:
    """Yield the counters of each output: ``tiercel.output.http.delivered``."""
    for name, stats in now.outputs.items():
        for counter in OutputStats.__match_args__:
            yield f"tiercel.output.{_word(name)}.{counter}", getattr(stats, counter)


def _responses(now: Snapshot) -> Iterator[tuple[str, Any]]:
    """Yield the counters of responses; nothing without responses."""
    if now.responses is None:
        return
    total = now.responses.total()
    yield "tiercel.responses_done", sum(number for outcome, number in total.items() if outcome in DONE)
    for outcome in get_args(Outcome):
        if outcome not in DONE:
            yield f"tiercel.responses_{outcome}", total.get(outcome, 0)
    yield "tiercel.response_latency_max_ms", round(max(now.responses.latency_ns.values(), default=0) / 1e6, 3)


def _resources(used: Resources, *, in_mb: bool) -> Iterator[tuple[str, Any]]:
    yield "falco.cpu_usage_perc", used.cpu_percent
    yield "falco.host_cpu_usage_perc", used.host_cpu_percent
    yield "falco.host_open_fds", used.host_open_fds
    yield "falco.host_procs_running", used.host_running
    sizes = {
        "falco.memory_rss": used.rss,
        "falco.memory_vsz": used.vsz,
        "falco.memory_pss": used.pss,
        "falco.container_memory_used": used.container_memory,
        "falco.host_memory_used": used.host_memory,
    }
    for name, size in sizes.items():
        yield (f"{name}_mb", round(size / 1024, 1)) if in_mb else (f"{name}_kb", size)


def _kernel(now: Snapshot, before: Snapshot | None) -> Iterator[tuple[str, Any]]:
    events, drops = now.stats.events + now.stats.dropped, now.stats.dropped
    events_before = before.stats.events + before.stats.dropped if before is not None else 0
    drops_before = before.stats.dropped if before is not None else 0
    grown, lost = events - events_before, drops - drops_before
    yield "scap.evts_drop_rate_sec", _rate(lost, now, before)
    yield "scap.evts_rate_sec", _rate(grown, now, before)
    yield "scap.n_drops", drops
    yield "scap.n_drops_perc", round(100 * lost / grown, 2) if grown else 0.0
    yield "scap.n_drops_prev", drops_before
    classes = buffer_drops(now.stats.drops)
    yield "scap.n_drops_buffer_total", sum(classes.values())
    for name, number in classes.items():
        yield f"scap.n_drops_buffer_{name}_exit", number
    yield "scap.n_drops_scratch_map", now.unfit
    yield "scap.n_evts", events
    yield "scap.n_evts_prev", events_before


def _rate(number: int, now: Snapshot, before: Snapshot | None) -> float:
    since = before.time_ns if before is not None else now.started_ns
    seconds = (now.time_ns - since) / 1e9
    return round(number / seconds, 1) if seconds > 0 else 0.0


def _word(name: str) -> str:
    return re.sub(r"_+", "_", re.sub(r"[^a-zA-Z0-9_:]", "_", name)).strip("_")
