# SPDX-License-Identifier: Apache-2.0
"""The image of deploy/Dockerfile, built by podman from the wheel, and a sensor in it.

No registry is needed: the base image is a root that mmdebstrap makes of Debian's packages.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.engines.daemons import Podman
from support.engines.world import World
from support.live import REPOSITORY
from support.namespaces import PRIVATE
from support.waiting import eventually

import tiercel

pytestmark = pytest.mark.kernel

NAME = "localhost/tiercel:test"
BASE = "localhost/debian:test"
# What the stages of the Dockerfile install, so that they find it there.
INCLUDED = "python3-venv,ca-certificates,netbase,tzdata"
UNREAD = [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("doc", "man", "locale")]
MMDEBSTRAP = ("mmdebstrap", "-q", "--variant=apt", "--dpkgopt=force-unsafe-io", *UNREAD, f"--include={INCLUDED}")
CERTIFICATES = "/etc/ssl/certs"
# podman changes the root before it unpacks a layer. The kernel allows that for a root that is a mount point, so this
# makes one inside a chroot.
ROOTED = (*PRIVATE, "sh", "-euc", 'mount --rbind / /mnt; exec chroot /mnt "$@"', "sh")
# As deploy/README.md has it; a world with shared process ids is the machine.
SENSOR = (
    *("--user", "0", "--pid", "host", "--read-only", "--network", "none"),
    *("--cap-drop", "ALL", "--cap-add", "BPF", "--cap-add", "PERFMON", "--cap-add", "SYS_PTRACE"),
    *("--security-opt", "no-new-privileges"),
)


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def archive(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image as an archive, with one of the extras: the other one is large."""
    folder: Path = tmp_path_factory.mktemp("image")
    run(*MMDEBSTRAP, "trixie", folder / "base.tar")
    places = [f"--{name}={folder / name}" for name in ("root", "runroot", "tmpdir")]
    podman = (*ROOTED, "podman", *places, "--cgroup-manager=cgroupfs", "--events-backend=none")
    run(*podman, "import", "-q", folder / "base.tar", BASE)
    context = folder / "context"
    (context / "dist").mkdir(parents=True)
    shutil.copy(wheel, context / "dist")
    arguments = {"DEBIAN": BASE, "WHEEL": "given", "EXTRAS": "cri"}
    options = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    # A build inherits these limits: it may lack the capability to raise them.
    for name, number in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC)):
        options.append(f"--ulimit={name}=" + ":".join(map(str, resource.getrlimit(number))))
    options += ["--layers=false", "--isolation=chroot", "--network=host", "-v", f"{CERTIFICATES}:{CERTIFICATES}:ro"]
    run(*podman, "build", "-q", *options, "-f", REPOSITORY / "deploy/Dockerfile", "-t", NAME, context)
    run(*podman, "save", "-q", "-o", folder / "image.tar", NAME)
    return folder / "image.tar"


@pytest.fixture(scope="module")
def podman(archive: Path) -> Iterator[Podman]:
    with World(shared_pids=True) as world:
        engine = Podman(world)
        engine.call("load", "-q", "-i", str(archive))
        yield engine


def test_the_base_image_is_of_the_release_that_the_dockerfile_names() -> None:
    (release,) = re.findall(r"^ARG DEBIAN=debian:(\w+)-slim$", (REPOSITORY / "deploy/Dockerfile").read_text(), re.M)
    assert release == "trixie"


def test_it_prints_help_as_a_user_without_privileges(podman: Podman) -> None:
    assert podman.call("run", "--rm", "--network", "none", NAME).startswith("usage: tiercel")
    script = "import os; print(os.getuid(), os.path.exists('/bin/sh'), os.access('/etc', os.W_OK))"
    python = ("--entrypoint", "/opt/tiercel/bin/python")
    assert podman.call("run", "--rm", "--network", "none", *python, NAME, "-c", script) == "65532 False False"


def test_it_has_the_packaged_rules_where_the_chart_says(podman: Podman) -> None:
    """With the configuration of the plain manifests, which is that of the chart."""
    out = podman.call("run", "--rm", "--network", "none", NAME, "check", "/usr/share/tiercel/rules")
    assert f" {len(tiercel.Ruleset.packaged().rules)} rules" in out


def test_a_sensor_alerts_and_answers_the_probes(podman: Podman) -> None:
    reader = "while sleep 0.1; do cat /etc/shadow >/dev/null; done"
    with subprocess.Popen(["sh", "-c", reader], start_new_session=True) as process:
        try:
            options = ("-o", "webserver.enabled=true", "-o", "json_output=true", "--pid", str(process.pid))
            root = f"HOST_ROOT=/proc/{podman.world.pid}/root"
            container = podman.call("run", "-d", *SENSOR, "-e", root, NAME, "run", *options)

            def alerts() -> list[str]:
                lines = podman.call("logs", container).splitlines()
                return [json.loads(line)["rule"] for line in lines if line.startswith("{")]

            eventually(alerts, what="an alert")
            assert "Sensitive file read" in alerts()
            page = (
                "from http.client import HTTPConnection; page = HTTPConnection('127.0.0.1', 8765)\n"
                "page.request('GET', '/healthz'); print(page.getresponse().status)"
            )
            assert podman.call("exec", container, "/opt/tiercel/bin/python", "-c", page) == "200"
            podman.call("stop", "-t", "20", container)
            assert podman.inspect(container)["State"]["ExitCode"] == 0
        finally:
            os.killpg(process.pid, 9)
