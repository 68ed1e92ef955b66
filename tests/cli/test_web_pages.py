# SPDX-License-Identifier: Apache-2.0
"""``tiercel run`` with metrics and web server."""

from __future__ import annotations

import http.client
import json
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from support.cli import SHADOW_RULE, finish, start
from support.opener import Opener

import tiercel
from tiercel import Config
from tiercel.cli.web_pages import pages
from tiercel.operation.heart import Heart
from tiercel.operation.versions import falco_version, versions

if TYPE_CHECKING:
    from tiercel.operation.snapshot import Collector

pytestmark = pytest.mark.kernel

CONFIG = """
json_output: true
metrics: {{enabled: true, interval: 200ms, output_rule: true, output_file: {file}}}
webserver: {{enabled: true, listen_port: 0, prometheus_metrics_enabled: true, k8s_healthz_endpoint: /live}}
syscall_event_drops: {{actions: [log, alert], simulate_drops: true, rate: 1, max_burst: 1}}
"""


def test_a_run_that_is_measured(tmp_path: Path) -> None:
    rules, config, file = (tmp_path / name for name in ("rules.yaml", "falco.yaml", "metrics"))
    rules.write_text(SHADOW_RULE)
    config.write_text(CONFIG.format(file=file))
    with Opener() as opener:
        process = start("run", "-c", config, "-r", rules, "--pid", str(opener.process.pid))
        assert process.stderr is not None
        assert process.stderr.readline().startswith("tiercel: watching ")
        said = process.stderr.readline()
        port = re.fullmatch(r"tiercel: serving http://[0-9.]+:(\d+)\n", said)
        assert port is not None, said

        def get(path: str) -> str:
            connection = http.client.HTTPConnection("127.0.0.1", int(port[1]), timeout=30)
            connection.request("GET", path)
            response = connection.getresponse()
            assert response.status == 200
            text = response.read().decode()
            connection.close()
            return text

        opener.open("/etc/shadow", 3)
        assert json.loads(get("/live")) == {"status": "ok"}
        assert json.loads(get("/versions")) == versions() | {"tiercel_version": tiercel.__version__}
        assert f'falcosecurity_falco_version_info{{version="{falco_version()}"}} 1\n' in get("/metrics")
        label = r'rule_name="Shadow opened",priority="4",source="syscall"'
        while f"falcosecurity_falco_rules_matches_total{{{label}}} 3\n" not in get("/metrics"):
            assert process.poll() is None
        assert re.search(r'sha256_rules_files_info\{file_name="rules\.yaml",sha256="[0-9a-f]{64}"\} 1', get("/metrics"))
        while not file.exists() or file.read_text().count("\n") < 8:
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        done = finish(process)
    assert done.status == 0
    kinds = {alert["rule"] for alert in done.alerts}
    assert kinds == {"Shadow opened", "Falco internal: metrics snapshot", "Falco internal: syscall event drop"}
    assert done.err.count("syscall event drop. 1 system calls dropped in last second") >= 1
    last = json.loads(file.read_text().splitlines()[-1])["output_fields"]
    assert last["falco.rules.Shadow_opened"] == 3


def test_a_blind_sensor_is_not_healthy() -> None:
    config, collector = Config(), cast("Collector", None)
    for is_blind, status in ((True, "blind"), (False, "ok")):
        page = pages(config, collector, Heart(), lambda is_blind=is_blind: is_blind)["/healthz"]()
        assert (json.loads(page.body), page.healthy) == ({"status": status}, not is_blind)
