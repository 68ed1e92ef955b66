# SPDX-License-Identifier: Apache-2.0
"""Snapshot of metrics in the text format of Prometheus: Falco's names, and those of tiercel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tiercel.config.operation_settings import MetricsSettings
from tiercel.frozen import field, frozen
from tiercel.operation.buffer_drops import buffer_drops
from tiercel.operation.snapshot import Snapshot
from tiercel.rules import Rule

__all__ = ["CONTENT_TYPE", "exposition"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_FALCO_HELP: Final = "https://falco.org/docs/metrics/"

_OUTPUT_FAMILIES: Final[Mapping[str, tuple[str, str]]] = {
    "delivered_total": ("counter", "Alerts that the output accepted."),
    "failed_total": ("counter", "Alerts that the output refused; they are lost."),
    "retried_total": ("counter", "Further attempts after temporary failures."),
    "dropped_total": ("counter", "Alerts lost because the queue or the spool of the output was full."),
    "queued": ("gauge", "Alerts in memory that wait for the output."),
    "spooled": ("gauge", "Alerts on disk that wait for the output."),
}


@frozen
class _Family:
    """Metric with its samples: labels and value."""

    name: str
    kind: str
    help: str
    samples: tuple[tuple[Mapping[str, str], float | int], ...] = field(default=())


def exposition(now: Snapshot, settings: MetricsSettings) -> str:
    """Return all metrics; each family has one header, and its samples follow it."""
    families = (
        *(*_falco(now, settings), *_own(now, settings)),
        *(*_limits(now), *_outputs(now), *_responses(now)),
    )
    return "".join(line for family in families for line in _lines(family))


def _lines(family: _Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}\n"
    yield f"# TYPE {family.name} {family.kind}\n"
    for labels, value in family.samples:
        inner = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{family.name}{{{inner}}} {value}\n" if inner else f"{family.name} {value}\n"


def _escaped(text: str) -> str:
    plain = text.encode("utf-8", "replace").decode()
    return plain.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _one(name: str, kind: str, value: float, help_text: str = _FALCO_HELP, **labels: str) -> _Family:
    return _Family(name, kind, help_text, ((labels, value),))


def _falco(now: Snapshot, settings: MetricsSettings) -> Iterator[_Family]:
    yield _one("falcosecurity_falco_version_info", "gauge", 1, version=now.version)
    for kind, files in (("rules", now.rules_files), ("config", now.config_files)):
        samples = tuple(({"file_name": name, "sha256": digest}, 1) for name, digest in files.items())
        if samples:
            yield _Family(f"falcosecurity_falco_sha256_{kind}_files_info", "gauge", _FALCO_HELP, samples)
    yield _one("falcosecurity_scap_engine_name_info", "gauge", 1, engine_name="modern_bpf", evt_source="syscall")
    yield _one("falcosecurity_falco_kernel_release_info", "gauge", 1, kernel_release=now.kernel)
    yield _one("falcosecurity_evt_hostname_info", "gauge", 1, hostname=now.hostname)
    yield _one("falcosecurity_falco_outputs_queue_num_drops_total", "counter", now.stats.lost_alerts)
    yield _one("falcosecurity_falco_n_evts_total", "counter", now.stats.events)
    yield _one("falcosecurity_falco_reload_timestamp_nanoseconds", "gauge", now.reloaded_ns)
    yield _one("falcosecurity_falco_start_timestamp_nanoseconds", "gauge", now.started_ns)
    yield _one("falcosecurity_falco_duration_seconds_total", "counter", now.duration)
    yield _one("falcosecurity_falco_host_boot_timestamp_nanoseconds", "gauge", now.boot_ns)
    yield _one("falcosecurity_falco_host_num_cpus_total", "gauge", now.cpus)
    if settings.resources:
        yield from _falco_resources(now)
    if settings.rules:
        yield _Family("falcosecurity_falco_rules_matches_total", "counter", _FALCO_HELP, tuple(_rule_samples(now)))
    if settings.state:
        yield _one("falcosecurity_scap_n_threads_total", "gauge", now.stats.processes)
        full = sum(now.stats.evicted.values())
        yield _one("falcosecurity_scap_n_drops_full_threadtable_total", "counter", full)
    if settings.kernel:
        yield from _falco_kernel(now)


def _falco_resources(now: Snapshot) -> Iterator[_Family]:
    used = now.resources
    if used is None:
        return
    yield _one("falcosecurity_falco_cpu_usage_ratio", "gauge", used.cpu_percent / 100)
    yield _one("falcosecurity_falco_host_cpu_usage_ratio", "gauge", used.host_cpu_percent / 100)
    sizes = {
        "memory_rss": used.rss,
        "memory_vsz": used.vsz,
        "memory_pss": used.pss,
        "container_memory_used": used.container_memory,
        "host_memory_used": used.host_memory,
    }
    for name, size in sizes.items():
        yield _one(f"falcosecurity_falco_{name}_bytes", "gauge", size << 10)
    yield _one("falcosecurity_falco_host_procs_running_total", "gauge", used.host_running)
    yield _one("falcosecurity_falco_host_open_fds_total", "gauge", used.host_open_fds)


def _rule_samples(now: Snapshot) -> Iterator[tuple[Mapping[str, str], int]]:
    """Yield a sample for each enabled rule, and for replaced rules that matched."""
    for name in dict.fromkeys((*now.rules, *now.stats.matches)):
        rule: Rule | None = now.rules.get(name)
        labels = {"rule_name": name}
        if rule is not None:
            labels |= {"priority": str(int(rule.priority)), "source": rule.source}
            labels |= {f"tag_{_label(tag)}": "true" for tag in sorted(rule.tags)}
        yield labels, now.stats.matches.get(name, 0)


def _label(tag: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in tag)


def _falco_kernel(now: Snapshot) -> Iterator[_Family]:
    yield _one("falcosecurity_scap_n_evts_total", "counter", now.stats.events + now.stats.dropped)
    yield _one("falcosecurity_scap_n_drops_total", "counter", now.stats.dropped)
    samples: list[tuple[Mapping[str, str], int]] = []
    for name, number in buffer_drops(now.stats.drops).items():
        samples.append(({"dir": "exit", "drop": name}, number))
        if name not in ("close", "proc"):  # as in Falco, which has these series for older drivers
            samples.append(({"dir": "enter", "drop": name}, 0))
    yield _Family("falcosecurity_scap_n_drops_buffer_total", "counter", _FALCO_HELP, tuple(samples))
    yield _one("falcosecurity_scap_n_drops_scratch_map_total", "counter", now.unfit)


def _own(now: Snapshot, settings: MetricsSettings) -> Iterator[_Family]:
    stats = now.stats

    def counter(name: str, value: float, help_text: str) -> _Family:
        return _one(f"tiercel_{name}_total", "counter", value, help_text)

    yield counter("events", stats.events, "Records that were evaluated.")
    yield counter("alerts", stats.alerts, "Matches of rules.")
    yield counter("alerts_lost", stats.lost_alerts, "Alerts that a full queue dropped.")
    yield counter("deliveries_failed", now.failed_deliveries, "Alerts that an output could not deliver.")
    yield counter("reloads", now.reloads, "Successful reloads of rules and settings.")
    yield counter("malformed", stats.malformed, "Records that were not one whole event.")
    yield counter("resynced", stats.resynced, "Processes whose state a scan of all processes corrected.")
    yield _one("tiercel_processes", "gauge", stats.processes, "Processes in the table.")
    yield _one("tiercel_rules", "gauge", len(now.rules), "Enabled rules.")
    if stats.canary is not None:
        yield counter("canaries_sent", stats.canary.sent, "Test events that the sensor caused.")
        yield counter("canaries_arrived", stats.canary.arrived, "Waits for a test event that ended with its arrival.")
        yield _one("tiercel_canary_missing", "gauge", int(stats.canary.is_missing), "1: test events do not arrive.")
    groups = {
        "events_filtered": ("event", stats.filtered, "Events that the kernel filter dropped."),
        "events_dropped": ("class", stats.drops, "Events that were lost in the kernel."),
        "texts_cut": ("class", stats.truncated, "Texts that did not fit."),
        "incomplete": ("class", stats.incomplete, "Events that lack a value."),
        "evicted": ("table", stats.evicted, "Entries that a full table evicted."),
    }
    for name, (label, counts, text) in groups.items():
        samples: tuple[tuple[Mapping[str, str], Any], ...] = tuple(
            ({label: key}, number) for key, number in counts.items()
        )
        if samples and settings.kernel:
            yield _Family(f"tiercel_{name}_total", "counter", text, samples)


def _limits(now: Snapshot) -> Iterator[_Family]:
    """Yield the counters of limits of repeated alerts; nothing before the first suppressed alert."""
    limits = now.limits
    if not limits.suppressed:
        return
    samples = tuple(({"rule_name": rule}, number) for rule, number in limits.suppressed.items())
    yield _Family("tiercel_alerts_suppressed_total", "counter", "Repeated alerts that a limit suppressed.", samples)
    evicted = "Windows of limits that ended early because the table was full."
    yield _one("tiercel_alert_windows_evicted_total", "counter", limits.evicted, evicted)
    yield _one("tiercel_alert_windows", "gauge", limits.open, "Open windows of limits.")


def _outputs(now: Snapshot) -> Iterator[_Family]:
    """Yield the counters of each output."""
    for name, (kind, help_text) in _OUTPUT_FAMILIES.items():
        counter = name.removesuffix("_total")
        samples = tuple(({"output": output}, getattr(stats, counter)) for output, stats in now.outputs.items())
        if samples:
            yield _Family(f"tiercel_output_{name}", kind, help_text, samples)


def _responses(now: Snapshot) -> Iterator[_Family]:
    """Yield the counters of responses; nothing without responses."""
    stats = now.responses
    if stats is None or not stats.outcomes:
        return
    results = tuple(
        ({"response": name, "outcome": outcome}, number)
        for name, counts in stats.outcomes.items()
        for outcome, number in counts.items()
    )
    yield _Family("tiercel_responses_total", "counter", "Results of responses.", results)
    families = {
        "seconds_total": ("counter", stats.latency_sum_ns, "Sum of the times from events to the ends of actions."),
        "max_seconds": ("gauge", stats.latency_ns, "Longest time from an event to the end of an action."),
    }
    for name, (kind, times, text) in families.items():
        samples = tuple(({"response": response}, time_ns / 1e9) for response, time_ns in times.items())
        if samples:
            yield _Family(f"tiercel_response_latency_{name}", kind, text, samples)
