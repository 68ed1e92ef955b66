# SPDX-License-Identifier: Apache-2.0
"""Fields of a snapshot, with Falco's names."""

from __future__ import annotations

from support.snapshots import snapshot

from tiercel import ActionResult
from tiercel.alerts.limits import LimitStats
from tiercel.config.operation_settings import MetricsSettings
from tiercel.frozen import replace
from tiercel.operation.snapshot_fields import snapshot_fields
from tiercel.response.stats import ResponseCounters

ALL = MetricsSettings()
NONE = MetricsSettings(rules=False, resources=False, state=False, kernel=False)


def test_the_fields_that_are_always_there() -> None:
    assert snapshot_fields(snapshot(10, events=50), None, NONE) == {
        "evt.hostname": "box",
        "evt.source": "syscall",
        "evt.time": 1_010_000_000_000,
        "falco.duration_sec": 10,
        "falco.evts_rate_sec": 5.0,
        "falco.host_boot_ts": 5,
        "falco.host_num_cpus": 4,
        "falco.kernel_release": "6.1.0",
        "falco.num_evts": 50,
        "falco.num_evts_prev": 0,
        "falco.outputs_queue_num_drops": 0,
        "falco.reload_ts": 1_000_000_000_000,
        "falco.sha256_config_file.falco_yaml": "cd",
        "falco.sha256_rules_file.my_rules_yaml": "ab",
        "falco.start_ts": 1_000_000_000_000,
        "falco.version": "1.2",
        "scap.engine_name": "modern_bpf",
        "tiercel.output.http.delivered": 5,
        "tiercel.output.http.dropped": 2,
        "tiercel.output.http.spooled": 7,
    }


def test_rates_are_those_since_the_snapshot_before() -> None:
    before = snapshot(10, events=100, drops={"openat": 50})
    fields = snapshot_fields(snapshot(20, events=300, drops={"openat": 100, "unfit": 50}), before, ALL)
    assert fields["falco.evts_rate_sec"] == 20.0
    assert fields["falco.num_evts_prev"] == 100
    assert (fields["scap.n_evts"], fields["scap.n_evts_prev"], fields["scap.evts_rate_sec"]) == (450, 150, 30.0)
    assert (fields["scap.n_drops"], fields["scap.n_drops_prev"], fields["scap.evts_drop_rate_sec"]) == (150, 50, 10.0)
    assert fields["scap.n_drops_perc"] == 33.33
    assert (fields["scap.n_drops_buffer_open_exit"], fields["scap.n_drops_buffer_total"]) == (100, 100)
    assert fields["scap.n_drops_scratch_map"] == 50


def test_matches_by_rule() -> None:
    now = snapshot(alerts=7, matches={"Shell in a container": 5, "Never": 2})
    fields = snapshot_fields(now, None, MetricsSettings(resources=False, state=False, kernel=False))
    rules = {key: value for key, value in fields.items() if key.startswith("falco.rules.")}
    assert rules == {
        "falco.rules.matches_total": 7,
        "falco.rules.Shell_in_a_container": 5,
        "falco.rules.Never": 2,
    }


def test_memory_in_either_unit() -> None:
    assert snapshot_fields(snapshot(), None, ALL)["falco.memory_rss_mb"] == 2.0
    assert snapshot_fields(snapshot(), None, MetricsSettings(memory_in_mb=False))["falco.memory_rss_kb"] == 2048


def test_zeros_on_request() -> None:
    assert "falco.n_threads" not in snapshot_fields(snapshot(), None, ALL)
    assert snapshot_fields(snapshot(), None, MetricsSettings(empty_values=True))["falco.n_threads"] == 0
    assert snapshot_fields(snapshot(processes=9), None, ALL)["falco.n_threads"] == 9


def test_limits_of_repeated_alerts() -> None:
    assert "tiercel.alerts_suppressed" not in snapshot_fields(snapshot(), None, NONE)
    now = replace(snapshot(), limits=LimitStats(suppressed={"a": 2, "b": 1}, evicted=3))
    fields = snapshot_fields(now, None, NONE)
    assert (fields["tiercel.alerts_suppressed"], fields["tiercel.alert_windows_evicted"]) == (3, 3)


def test_results_of_responses() -> None:
    counters = ResponseCounters()
    counters.add(ActionResult("kill", "killed", latency_ns=2_000_000, response="a"))
    counters.add(ActionResult("run", "ran", latency_ns=3_000_000, response="b"))
    counters.add(ActionResult("kill", "protected", response="a"))
    now = replace(snapshot(), responses=counters.stats())
    fields = snapshot_fields(now, None, NONE)
    assert {key: value for key, value in fields.items() if "response" in key} == {
        "tiercel.responses_done": 2,
        "tiercel.responses_protected": 1,
        "tiercel.response_latency_max_ms": 3.0,
    }
    fields = snapshot_fields(now, None, replace(NONE, empty_values=True))
    assert fields["tiercel.responses_rate_limited"] == 0
