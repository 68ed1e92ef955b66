# SPDX-License-Identifier: Apache-2.0
"""Metrics in the text format of Prometheus."""

from __future__ import annotations

import re

from support.snapshots import snapshot

from tiercel import ActionResult
from tiercel.alerts.limits import LimitStats
from tiercel.config.operation_settings import MetricsSettings
from tiercel.engine.stats import CanaryStats
from tiercel.frozen import replace
from tiercel.operation.prometheus import exposition
from tiercel.response.stats import ResponseCounters

SAMPLE = re.compile(r'([a-z][a-z0-9_]*)(?:\{((?:[a-z0-9_A-Z]+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?[0-9.e+-]+)')
# The metrics that Falco's own Grafana dashboard shows, except for those by processor.
DASHBOARD = {
    "falcosecurity_falco_cpu_usage_ratio",
    "falcosecurity_falco_memory_rss_bytes",
    "falcosecurity_falco_memory_vsz_bytes",
    "falcosecurity_falco_n_evts_total",
    "falcosecurity_falco_outputs_queue_num_drops_total",
    "falcosecurity_falco_rules_matches_total",
    "falcosecurity_falco_version_info",
    "falcosecurity_scap_engine_name_info",
    "falcosecurity_scap_n_drops_buffer_total",
    "falcosecurity_scap_n_drops_full_threadtable_total",
    "falcosecurity_scap_n_drops_scratch_map_total",
    "falcosecurity_scap_n_drops_total",
    "falcosecurity_scap_n_evts_total",
}


def samples(text: str) -> dict[tuple[str, str], float]:
    """Parse an exposition as strictly as Prometheus: one header for each family, before its samples."""
    found: dict[tuple[str, str], float] = {}
    family, families = "", set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split()[2]
            assert family not in families, f"{family} has two headers"
            families.add(family)
        elif line.startswith("# TYPE "):
            assert line.split()[2] == family
            assert line.split()[3] in ("counter", "gauge")
        else:
            match = SAMPLE.fullmatch(line)
            assert match is not None, line
            assert match[1] == family
            key = (family, match[2] or "")
            assert key not in found, f"{line} is there twice"
            found[key] = float(match[3])
    assert text.endswith("\n")
    return found


def test_falcos_dashboard_goes_on_working() -> None:
    assert {name for name, _ in samples(exposition(snapshot(), MetricsSettings()))} >= DASHBOARD


def test_canaries() -> None:
    found = samples(exposition(snapshot(canary=CanaryStats(3, 2, is_missing=True)), MetricsSettings()))
    assert found["tiercel_canaries_sent_total", ""] == 3
    assert found["tiercel_canaries_arrived_total", ""] == 2
    assert found["tiercel_canary_missing", ""] == 1
    assert not [name for name, _ in samples(exposition(snapshot(), MetricsSettings())) if "canar" in name]


def test_values() -> None:
    now = snapshot(
        events=90,
        drops={"openat": 8, "unfit": 2},
        alerts=5,
        lost_alerts=1,
        processes=7,
        filtered={"close": 4},
        matches={"Shell in a container": 5, "Gone": 1},
    )
    found = samples(exposition(now, MetricsSettings()))
    assert found["falcosecurity_scap_n_evts_total", ""] == 100
    assert found["falcosecurity_scap_n_drops_total", ""] == 10
    assert found["falcosecurity_scap_n_drops_buffer_total", 'dir="exit",drop="open"'] == 8
    assert found["falcosecurity_scap_n_drops_scratch_map_total", ""] == 2
    assert found["falcosecurity_falco_memory_rss_bytes", ""] == 2048 << 10
    assert found["falcosecurity_falco_cpu_usage_ratio", ""] == 0.125
    assert found["falcosecurity_scap_n_threads_total", ""] == 7
    assert found["falcosecurity_falco_sha256_rules_files_info", 'file_name="my rules.yaml",sha256="ab"'] == 1
    labels = (
        'rule_name="Shell in a container",priority="4",source="syscall",tag_T1059="true",tag_mitre_execution="true"'
    )
    assert found["falcosecurity_falco_rules_matches_total", labels] == 5
    assert found["falcosecurity_falco_rules_matches_total", 'rule_name="Never",priority="4",source="syscall"'] == 0
    assert found["falcosecurity_falco_rules_matches_total", 'rule_name="Gone"'] == 1
    assert found["tiercel_events_filtered_total", 'event="close"'] == 4
    assert found["tiercel_deliveries_failed_total", ""] == 2
    assert found["tiercel_reloads_total", ""] == 3


def test_groups_can_be_switched_off() -> None:
    settings = MetricsSettings(rules=False, resources=False, state=False, kernel=False)
    names = {name for name, _ in samples(exposition(snapshot(drops={"open": 1}), settings))}
    assert not {name for name in names if re.search("rules_matches|memory|threads|scap_n_", name)}


def test_hostile_names_stay_in_their_labels() -> None:
    evil = 'a"} 1\nevil{x="\\\udcff'
    now = snapshot(matches={evil: 3})
    found = samples(exposition(replace(now, hostname=evil, rules_files={evil: "x"}), MetricsSettings()))
    assert not {name for name, _ in found if name.startswith("evil")}


def test_limits_of_repeated_alerts() -> None:
    now = snapshot()
    assert not [name for name, _ in samples(exposition(now, MetricsSettings())) if "suppressed" in name]
    limits = LimitStats(suppressed={"a": 2}, summaries=1, evicted=3, open=4)
    found = samples(exposition(replace(now, limits=limits), MetricsSettings()))
    assert found["tiercel_alerts_suppressed_total", 'rule_name="a"'] == 2
    assert found["tiercel_alert_windows_evicted_total", ""] == 3
    assert found["tiercel_alert_windows", ""] == 4


def test_results_and_latencies_of_responses() -> None:
    assert not [name for name, _ in samples(exposition(snapshot(), MetricsSettings())) if "response" in name]
    counters = ResponseCounters()
    counters.add(ActionResult("kill", "killed", latency_ns=2_000_000, response="stop it"))
    counters.add(ActionResult("kill", "killed", latency_ns=3_000_000, response="stop it"))
    counters.add(ActionResult("kill", "protected", latency_ns=9_000_000, response="stop it"))
    counters.add(ActionResult("run", "rate_limited", response="page"))
    found = samples(exposition(replace(snapshot(), responses=counters.stats()), MetricsSettings()))
    assert {key: value for key, value in found.items() if "response" in key[0]} == {
        ("tiercel_responses_total", 'response="stop it",outcome="killed"'): 2,
        ("tiercel_responses_total", 'response="stop it",outcome="protected"'): 1,
        ("tiercel_responses_total", 'response="page",outcome="rate_limited"'): 1,
        ("tiercel_response_latency_seconds_total", 'response="stop it"'): 0.005,
        ("tiercel_response_latency_max_seconds", 'response="stop it"'): 0.003,
    }


def test_counters_of_outputs() -> None:
    found = samples(exposition(snapshot(), MetricsSettings()))
    outputs = {key: value for key, value in found.items() if key[0].startswith("tiercel_output_")}
    assert len(outputs) == 12
    assert outputs["tiercel_output_delivered_total", 'output="http"'] == 5
    assert outputs["tiercel_output_dropped_total", 'output="http"'] == 2
    assert outputs["tiercel_output_spooled", 'output="http"'] == 7
    assert outputs["tiercel_output_failed_total", r'output="a \"b\""'] == 0
    assert not any(key[0].startswith("tiercel_output_") for key in samples(without_outputs()))


def without_outputs() -> str:
    return exposition(replace(snapshot(), outputs={}), MetricsSettings())
