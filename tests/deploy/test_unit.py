# SPDX-License-Identifier: Apache-2.0
"""The systemd unit: systemd's own opinion of it, and a sensor that has just what it grants."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support import helm, privileges
from support.live import REPOSITORY

import tiercel
from tiercel.config.config import Config
from tiercel.engine.configured_rules import load_rules
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.syscalls import GENERIC

FOLDER = REPOSITORY / "deploy/systemd"
UNIT = FOLDER / "tiercel.service"
OPENED = """
- rule: Opened
  desc: A file was opened.
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/hostname
  output: "%proc.name"
  priority: NOTICE
"""


def settings(key):
    lines = [line.partition("=") for line in UNIT.read_text().splitlines()]
    return [value for name, _, value in lines if name == key]


def words(key):
    (value,) = settings(key)
    return value.split()


def systemd_analyze(*args):
    return subprocess.run(["systemd-analyze", "--no-pager", *args], capture_output=True, text=True, check=False)


def calls(group):
    """The system calls of a group, as this systemd has them."""
    found = set()
    for line in systemd_analyze("syscall-filter", group).stdout.splitlines()[1:]:
        name = line.strip()
        if name.startswith("@"):
            found |= calls(name)
        elif name and not name.startswith("#"):
            found.add(name)
    assert found
    return found


def allowed_calls():
    allowed = set()
    for line in settings("SystemCallFilter"):
        names = line.removeprefix("~").split()
        meant = set().union(*(calls(name) if name.startswith("@") else {name} for name in names))
        allowed = allowed - meant if line.startswith("~") else allowed | meant
    return allowed


def test_systemd_accepts_every_line(tmp_path):
    unit = tmp_path / "tiercel.service"
    unit.write_text(UNIT.read_text().replace("/opt/tiercel/bin/tiercel", sys.executable))
    done = systemd_analyze("verify", "--man=no", str(unit))
    assert (done.returncode, done.stderr) == (0, "")


def test_exposure_is_low():
    done = systemd_analyze("security", "--offline=yes", "--threshold=25", str(UNIT))
    assert done.returncode == 0, done.stdout


def test_it_is_started_again_whatever_ended_it():
    """A sensor that ends with status 0, for whatever reason, leaves the machine unwatched."""
    assert settings("Restart") == ["always"]


def test_the_unit_grants_what_the_chart_grants():
    (container,) = helm.rendered()["DaemonSet/tiercel"]["spec"]["template"]["spec"]["containers"]
    added = [f"CAP_{name}" for name in container["securityContext"]["capabilities"]["add"]]
    assert words("AmbientCapabilities") == words("CapabilityBoundingSet") == added


def test_its_configuration_is_accepted():
    config = Config.load(FOLDER / "tiercel.yaml")
    assert config.ignored == ()
    assert load_rules(config).rules


@pytest.mark.kernel
@pytest.mark.parametrize("user", [privileges.NOBODY, 0], ids=["nobody", "root"])
def test_doctor_is_content_with_its_capabilities(user):
    done = privileges.tiercel_as(["doctor", "--json"], words("AmbientCapabilities"), user)
    report = json.loads(done.stdout)
    assert report["can_run"], done.stdout
    probe = next(check for check in report["checks"] if check["name"] == "probe")
    assert probe["status"] == "ok"


@pytest.mark.kernel
@pytest.mark.parametrize("without", ["CAP_BPF", "CAP_PERFMON"])
def test_none_of_the_two_can_be_spared(without):
    granted = [name for name in words("AmbientCapabilities") if name != without]
    done = privileges.tiercel_as(["doctor", "--json"], granted)
    assert done.returncode == 1
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["privileges"]["found"] == f"uid {privileges.NOBODY}, without {without}"
    assert checks["probe"]["status"] == "fail"


@pytest.mark.kernel
def test_a_sensor_alerts_and_calls_only_what_the_filter_admits(tmp_path):
    """One sensor watches another: that which has the privileges of the unit."""
    refused = (calls("@known") - allowed_calls()) & (GENERIC.keys() | EVENT_BY_NAME.keys())
    assert {"ptrace", "mount", "setuid"} <= refused
    watcher_rules = tiercel.Ruleset.loads(
        "- rule: Refused\n  desc: A call that the filter refuses.\n  priority: WARNING\n"
        f'  condition: evt.type in ({", ".join(sorted(refused))})\n  output: "%evt.type"\n'
    )
    rules = tmp_path / "rules.yaml"
    rules.write_text(OPENED)
    readable = os.open(rules, os.O_PATH)  # the folders above are closed to others
    argv = ["run", "-r", f"/proc/self/fd/{readable}", "--pid", str(os.getpid()), "--duration", "3"]
    command, first = privileges.command(argv, words("AmbientCapabilities"))
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, pass_fds=[readable], **pipes) as sensor:
        os.close(readable)
        with tiercel.Sensor(watcher_rules, scope=tiercel.Scope.tree(sensor.pid)) as watcher:
            sensor.stdin.write(first)
            sensor.stdin.close()
            assert "watching" in sensor.stderr.readline()
            subprocess.run(["cat", "/etc/hostname"], check=True, stdout=subprocess.DEVNULL)
            assert sensor.wait(timeout=30) == 0
            watcher.flush()
            called = {alert.message for alert in watcher.read(1024)}
        printed = sensor.stdout.read()
    assert printed.endswith("Notice cat\n"), printed
    # The privileges are dropped within the tree that is watched; systemd does that outside.
    assert called <= {"setgroups", "setresgid", "setresuid", "capset"}
