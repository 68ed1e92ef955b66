# SPDX-License-Identifier: Apache-2.0
"""Standard streams that are closed or cannot be written, and limits of the system: one clear message and a status."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.cli import SHADOW_RULE, Done, command, one_clear_message, start, tiercel

LISTING = ["fields"]
SHORT = ["operators"]  # fits into a buffer, so that it is written by the last flush
MIB = 1 << 20


def with_stream(redirection: str, *args: str) -> Done:
    """Run with a redirection of a shell."""
    line = ["sh", "-c", f'exec "$@" {redirection}', "sh", *command(*args)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("args", [LISTING, SHORT, ["--help"], ["fields", "--help"]])
@pytest.mark.parametrize(("redirection", "reason"), [(">/dev/full", "No space left"), (">&-", "Bad file descriptor")])
def test_standard_output_that_cannot_be_written(args: list[str], redirection: str, reason: str) -> None:
    done = with_stream(redirection, *args)
    one_clear_message(done, 1)
    assert f"error[E602]: standard output: {reason}" in done.err


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-", "<&-"])
def test_other_streams_change_nothing(redirection: str) -> None:
    assert with_stream(redirection, *SHORT) == tiercel(*SHORT)
    done = with_stream(redirection, "fields", "--nonsense")
    assert (done.status, done.out) == (2, "")


@pytest.mark.kernel
@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
def test_a_watch_without_standard_error(tmp_path: Path, redirection: str) -> None:
    """Messages are lost; alerts are not, and nothing else gets the number of the closed descriptor."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(SHADOW_RULE)
    done = with_stream(redirection, "run", "-r", os.fspath(rules), "--", "sh", "-c", "read line </etc/shadow; exit 3")
    assert done.status == 3
    assert done.out.endswith("opened /etc/shadow\n")
    assert done.err == ""


def test_a_watch_without_standard_output() -> None:
    done = with_stream(">&-", "run", "--", "true")
    one_clear_message(done, 1)
    assert "standard output is not open for writing" in done.err


# --- Limits -----------------------------------------------------------------------------------------------------------


def limited(which: int, number: int) -> Callable[[], None]:
    """Return the function that sets a limit in a child before its exec."""
    return lambda: resource.setrlimit(which, (number, number))


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("which", "number", "code", "text"),
    [
        (resource.RLIMIT_AS, 60 * MIB, "E609", "`ulimit -v`"),
        (resource.RLIMIT_AS, 130 * MIB, None, "the limit of address space (`ulimit -v`) is 133120 KiB"),
        (resource.RLIMIT_NOFILE, 64, "E412", "takes up to 500"),
        (resource.RLIMIT_NOFILE, 12, None, "descriptors left"),
    ],
    ids=str,
)
def test_limits_are_named(which: int, number: int, code: str | None, text: str) -> None:
    done = tiercel("run", "--", "true", preexec_fn=limited(which, number))
    assert done.status == 1, done
    assert done.out == ""
    assert text in done.err
    assert code is None or f"error[{code}]" in done.err
    assert "E402" not in done.err
    assert "internal error" not in done.err


@pytest.mark.kernel
@pytest.mark.parametrize("blocks", [0, 1, 100])
def test_a_limit_of_file_sizes_hinders_no_watch(tmp_path: Path, blocks: int) -> None:
    """Part of the kernel's types goes to a file in memory; where that has no room, all of them are read."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(SHADOW_RULE)
    limit = limited(resource.RLIMIT_FSIZE, blocks * 1024)
    done = tiercel("run", "-r", rules, "--", "sh", "-c", "read line </etc/shadow", preexec_fn=limit)
    assert done.status == 0, done
    assert "opened /etc/shadow" in done.out


@pytest.mark.kernel
def test_the_number_of_descriptors_is_enough() -> None:
    """The number in the hint suffices to start everything at once."""
    limit = limited(resource.RLIMIT_NOFILE, 500)
    with start("record", "/dev/null", "--", "true", preexec_fn=limit) as process:
        _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
