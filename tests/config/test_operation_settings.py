# SPDX-License-Identifier: Apache-2.0
"""Settings of operation, as a configuration has them."""

from __future__ import annotations

import pytest

from tiercel.config.config import Config
from tiercel.config.operation_settings import DropSettings, MetricsSettings, WebserverSettings
from tiercel.errors import ConfigError


def test_defaults_are_quiet_and_local() -> None:
    config = Config.load()
    assert config.metrics == MetricsSettings(enabled=False, interval_ms=5000)
    assert config.webserver == WebserverSettings(enabled=False, address="127.0.0.1", port=8765)
    assert config.drops == DropSettings(actions=("ignore",))


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("100ms", 100), ("15m", 900_000), ("1h30m", 5_400_000), ("1d", 86_400_000)]
)
def test_intervals(text: str, milliseconds: int) -> None:
    assert Config.load(options=[f"metrics.interval={text}"]).metrics.interval_ms == milliseconds


@pytest.mark.parametrize("text", ["", "5000", "50ms", "1x", "1 h", "-1h", "h", "9" * 200 + "h", "1h½"])
def test_wrong_intervals(text: str) -> None:
    with pytest.raises(ConfigError, match=r"metrics\.interval"):
        Config.load(options=[f"metrics.interval={text}"])


def test_metrics_need_a_destination() -> None:
    with pytest.raises(ConfigError, match="without a destination"):
        Config.load(options=["metrics.enabled=true"])
    for more in (["metrics.output_rule=true"], ["metrics.output_file=/x"]):
        assert Config.load(options=["metrics.enabled=true", *more]).metrics.enabled
    served = ["webserver.enabled=true", "webserver.prometheus_metrics_enabled=true"]
    assert Config.load(options=["metrics.enabled=true", *served]).webserver.metrics


@pytest.mark.parametrize("address", ["0.0.0.0", "::1", "127.0.0.2"])
def test_addresses(address: str) -> None:
    assert Config.load(options=[f"webserver.listen_address={address}"]).webserver.address == address


@pytest.mark.parametrize(
    "option",
    [
        "webserver.listen_address=localhost",
        "webserver.listen_address=1.2.3",
        "webserver.listen_port=70000",
        "webserver.k8s_healthz_endpoint=healthz",
        "webserver.k8s_healthz_endpoint=/a b",
        "syscall_event_drops.threshold=1.5",
        "syscall_event_drops.threshold=nan",
        "syscall_event_drops.rate=-1",
        "syscall_event_drops.actions[]=shout",
    ],
)
def test_wrong_values(option: str) -> None:
    with pytest.raises(ConfigError):
        Config.load(options=[option])


def test_ignore_excludes_other_reactions() -> None:
    both = ["syscall_event_drops.actions[]=log", "syscall_event_drops.actions[]=alert"]
    assert Config.load(options=both).drops.actions == ("log", "alert")
    with pytest.raises(ConfigError, match=r"syscall_event_drops\.actions"):
        Config.load(options=[*both, "syscall_event_drops.actions[]=ignore"])


def test_other_metrics_of_falco_are_named() -> None:
    (entry,) = Config.load(options=["metrics.jemalloc_stats_enabled=true"]).ignored
    assert entry.key == "metrics.jemalloc_stats_enabled"
