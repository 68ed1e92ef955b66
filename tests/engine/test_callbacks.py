# SPDX-License-Identifier: Apache-2.0
"""Callbacks of a sensor: coroutine functions, what they raise, and calls that do not return."""

from __future__ import annotations

import asyncio
import functools
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.opener import Opener
from support.waiting import eventually
from support.watch import SETTLE

from tiercel import Alert, Ruleset, Sensor, SensorError, UsageError
from tiercel.engine import callbacks as dispatch

RULE = """
- rule: Marked file opened
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name endswith .marked and evt.failed = false
  output: "%fd.name"
  priority: NOTICE
"""
RULES = Ruleset.loads(RULE)

kernel = pytest.mark.kernel


class Quit(BaseException):
    """An exception that ``except Exception`` does not catch."""


async def coroutine(alert: Alert) -> None:
    """A callback that must be awaited."""


class Awaited:
    async def __call__(self, alert: Alert) -> None: ...

    async def method(self, alert: Alert) -> None: ...


ASYNC: list[Any] = [
    coroutine,
    functools.partial(coroutine),
    functools.partial(functools.partial(Awaited())),
    Awaited(),
    Awaited().method,
]


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    path = tmp_path / "file.marked"
    path.touch()
    return path


@pytest.fixture
def opener() -> Iterator[Opener]:
    with Opener() as found:
        yield found


# --- What may be a callback -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("callback", ASYNC)
@pytest.mark.parametrize("begin", [Sensor.start, Sensor.__enter__, Sensor.run])
def test_coroutine_functions_are_refused_where_nothing_awaits_them(
    callback: Any, begin: Callable[[Sensor], object]
) -> None:
    sensor = Sensor(RULES, on_alert=callback)
    with pytest.raises(UsageError, match="coroutine function") as caught:
        begin(sensor)
    assert caught.value.code == "E607"
    assert "async with" in str(caught.value.hint)
    assert not sensor.running


def test_what_cannot_be_a_callback_is_refused() -> None:
    def generator(alert: Alert) -> Iterator[None]:
        yield

    async def async_generator(alert: Alert) -> Any:
        yield

    for callback in ("print", 5, generator, async_generator, functools.partial(async_generator)):
        with pytest.raises(UsageError, match="on_alert is a"):
            Sensor(RULES, on_alert=callback)  # type: ignore[arg-type]


@kernel
@pytest.mark.parametrize("is_partial", [False, True])
def test_coroutine_functions_are_awaited_inside_async_with(marked: Path, opener: Opener, is_partial: bool) -> None:
    async def main() -> list[Alert]:
        found: list[Alert] = []
        loop = asyncio.get_running_loop()

        async def on_alert(alert: Alert, more: int = 0) -> None:
            assert asyncio.get_running_loop() is loop
            await asyncio.sleep(0)
            if not found:
                found.append(alert)
                raise ValueError("counted")
            found.append(alert)

        callback = functools.partial(on_alert, more=1) if is_partial else on_alert
        async with Sensor(RULES, scope=opener.scope, on_alert=callback) as sensor:
            opener.open(marked)
            while not found:
                await asyncio.sleep(0.01)
            opener.open(marked, 2)
        assert sensor.stats().callback_errors == 1
        return found

    assert [alert.fields["fd.name"] for alert in asyncio.run(main())] == [str(marked)] * 3


@kernel
def test_an_awaited_callback_makes_room_while_the_sensor_stops(marked: Path, opener: Opener) -> None:
    async def main() -> Sensor:
        async with Sensor(RULES, scope=opener.scope, on_alert=on_alert, overflow="block", queue_capacity=2) as sensor:
            opener.open(marked, 50)
        return sensor

    found: list[Alert] = []

    async def on_alert(alert: Alert) -> None:
        await asyncio.sleep(0)
        found.append(alert)

    assert asyncio.run(main()).stats().lossless
    assert len(found) == 50


@kernel
def test_awaitables_of_plain_functions_are_reported(
    marked: Path, opener: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    def plain(alert: Alert) -> object:
        return coroutine(alert)

    with Sensor(RULES, scope=opener.scope, on_alert=plain) as sensor:
        opener.open(marked)
    assert sensor.stats().callback_errors == 1
    assert "returned an awaitable, which nothing awaits" in caplog.text


# --- What a callback raises -----------------------------------------------------------------------------------------


def quits(alert: Alert) -> None:
    raise Quit


def exits(alert: Alert) -> None:
    sys.exit(5)


@kernel
def test_a_callback_ends_the_sensor_and_its_block(marked: Path, opener: Opener) -> None:
    sensor = Sensor(RULES, scope=opener.scope, on_alert=exits)
    with pytest.raises(SystemExit) as caught, sensor:  # noqa: PT012 - its end raises
        opener.open(marked)
        eventually(lambda: not sensor.running)
    assert caught.value.code == 5
    sensor.stop()  # raised once


@kernel
def test_a_callback_ends_run_inside_the_block(marked: Path, opener: Opener) -> None:
    with Sensor(RULES, scope=opener.scope, on_alert=quits) as sensor:
        opener.open(marked)
        with pytest.raises(Quit):
            sensor.run()
        assert not sensor.running


@kernel
def test_a_callback_ends_run(marked: Path, opener: Opener) -> None:
    def end(alert: Alert) -> None:
        raise Quit

    sensor = Sensor(RULES, scope=opener.scope, on_alert=end)
    opening = threading.Thread(target=lambda: (eventually(lambda: sensor.running), opener.open(marked)))
    opening.start()
    with pytest.raises(Quit):
        sensor.run()
    opening.join()
    assert not sensor.running


@kernel
def test_a_callback_ends_an_iteration(marked: Path, opener: Opener) -> None:
    sensor = Sensor(RULES, scope=opener.scope, on_alert=quits)
    sensor.start()
    opener.open(marked)
    eventually(lambda: not sensor.running)
    with pytest.raises(Quit):
        list(sensor)
    sensor.stop()


@kernel
def test_the_error_of_the_block_comes_first(marked: Path, opener: Opener, caplog: pytest.LogCaptureFixture) -> None:
    sensor = Sensor(RULES, scope=opener.scope, on_alert=quits)
    with pytest.raises(ZeroDivisionError), sensor:  # noqa: PT012 - its end raises
        opener.open(marked)
        eventually(lambda: not sensor.running)
        raise ZeroDivisionError
    assert "on_alert ended the sensor: Quit" in caplog.text


@kernel
@pytest.mark.parametrize("is_async", [False, True])
def test_a_callback_ends_async_with(marked: Path, opener: Opener, is_async: bool) -> None:
    async def quits_later(alert: Alert) -> None:
        await asyncio.sleep(0)
        raise Quit

    async def main() -> None:
        async with Sensor(RULES, scope=opener.scope, on_alert=quits_later if is_async else quits):
            opener.open(marked)
            await asyncio.sleep(10 * SETTLE)

    async def outer() -> str:
        with pytest.raises(Quit):
            await main()
        await asyncio.sleep(0)  # this task is not cancelled any more
        return "went on"

    assert asyncio.run(outer()) == "went on"


@kernel
def test_an_error_of_the_dispatcher_is_no_silence(
    marked: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Alert:
        raise RuntimeError("no alert can be made")

    monkeypatch.setattr("tiercel.engine.rule_generations.make_alert", broken)
    sensor = Sensor(RULES, scope=opener.scope, on_alert=print)
    with pytest.raises(RuntimeError, match="no alert"), sensor:  # noqa: PT012 - its end raises
        opener.open(marked)
        eventually(lambda: not sensor.running)


# --- Calls that do not return ---------------------------------------------------------------------------------------


@kernel
def test_stop_takes_a_timeout(marked: Path, opener: Opener) -> None:
    called, go_on = threading.Event(), threading.Event()
    found: list[Alert] = []

    def hangs(alert: Alert) -> None:
        found.append(alert)
        called.set()
        go_on.wait()

    sensor = Sensor(RULES, scope=opener.scope, on_alert=hangs)
    sensor.start()
    opener.open(marked, 2)
    assert called.wait(SETTLE)
    with pytest.raises(SensorError, match="on_alert has not returned") as caught:
        sensor.stop(timeout=0.01)
    assert caught.value.code == "E620"
    assert not sensor.running
    with pytest.raises(SensorError, match="has not returned since"):
        sensor.start()
    go_on.set()
    sensor.stop(timeout=SETTLE)
    assert len(found) == 2


@kernel
def test_the_end_of_the_block_does_not_wait_for_ever(
    marked: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    called, go_on = threading.Event(), threading.Event()

    def hangs(alert: Alert) -> None:
        called.set()
        go_on.wait()

    monkeypatch.setattr(dispatch, "PATIENCE", 0.01)
    sensor = Sensor(RULES, scope=opener.scope, on_alert=hangs)
    with pytest.raises(SensorError) as caught, sensor:  # noqa: PT012 - its end raises
        opener.open(marked)
        assert called.wait(SETTLE)
    assert caught.value.code == "E620"
    go_on.set()
    sensor.stop()


@kernel
def test_a_coroutine_that_does_not_end_is_cancelled(
    marked: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tiercel.engine.async_callbacks.PATIENCE", 0.01)
    ends: list[str] = []

    async def main() -> None:
        called = asyncio.Event()

        async def hangs(alert: Alert) -> None:
            called.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ends.append("cancelled")
                raise

        async with Sensor(RULES, scope=opener.scope, on_alert=hangs):
            opener.open(marked)
            await called.wait()

    with pytest.raises(SensorError) as caught:
        asyncio.run(main())
    assert caught.value.code == "E620"
    assert ends == ["cancelled"]


@kernel
def test_many_may_stop_it_at_once(opener: Opener) -> None:
    for _ in range(3):
        sensor = Sensor(RULES, scope=opener.scope, on_alert=print)
        sensor.start()
        stoppers = [threading.Thread(target=sensor.stop) for _ in range(8)]
        for thread in stoppers:
            thread.start()
        for thread in stoppers:
            thread.join(SETTLE)
        assert not any(thread.is_alive() for thread in stoppers)
        assert not sensor.running


@kernel
def test_a_handler_of_a_signal_may_stop_it_while_it_stops(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    sensor = Sensor(RULES, scope=opener.scope)
    before = signal.signal(signal.SIGUSR1, lambda *_: (sensor.stats(), sensor.stop()))
    try:
        sensor.start()
        source = sensor._source
        assert source is not None
        close = source.close

        def interrupted() -> None:
            with source._lock:
                signal.raise_signal(signal.SIGUSR1)
            close()

        monkeypatch.setattr(source, "close", interrupted)
        sensor.stop()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert not sensor.running


# --- Cancellation and forks -----------------------------------------------------------------------------------------


@kernel
def test_a_cancelled_block_delivers_and_stops(marked: Path, opener: Opener) -> None:
    found: list[Alert] = []

    async def on_alert(alert: Alert) -> None:
        await asyncio.sleep(0)
        found.append(alert)

    sensor = Sensor(RULES, scope=opener.scope, on_alert=on_alert)

    async def block(entered: asyncio.Event) -> None:
        async with sensor:
            entered.set()
            await asyncio.Event().wait()

    async def main() -> None:
        entered = asyncio.Event()
        task = asyncio.ensure_future(block(entered))
        await entered.wait()
        opener.open(marked, 3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert not sensor.running
    assert len(found) == 3


@kernel
def test_the_block_delivers_what_a_stop_inside_it_leaves(marked: Path, opener: Opener) -> None:
    found: list[Alert] = []

    async def on_alert(alert: Alert) -> None:
        await asyncio.sleep(0.01)
        found.append(alert)

    async def main() -> None:
        async with Sensor(RULES, scope=opener.scope, on_alert=on_alert) as sensor:
            opener.open(marked, 5)
            sensor.stop()

    asyncio.run(main())
    assert len(found) == 5


@kernel
def test_the_wait_for_a_coroutine_can_be_cancelled(marked: Path, opener: Opener) -> None:
    ends: list[str] = []

    async def main() -> None:
        called = asyncio.Event()

        async def hangs(alert: Alert) -> None:
            called.set()
            try:
                await asyncio.Event().wait()
            finally:
                ends.append("cancelled")

        sensor = Sensor(RULES, scope=opener.scope, on_alert=hangs)

        async def block() -> None:
            async with sensor:
                opener.open(marked)
                await called.wait()

        task = asyncio.ensure_future(block())
        await called.wait()
        while sensor.running:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert ends == ["cancelled"]


@kernel
@pytest.mark.parametrize("begin", ["run", "with"])
def test_a_callback_may_fork(marked: Path, opener: Opener, begin: str) -> None:
    """The child leaves the callback in the ordinary way, and finds that the sensor is not its own."""
    program = f"""
        import os, sys, threading, tiercel
        rules = tiercel.Ruleset.loads({RULE!r})
        def on_alert(alert):
            pid = os.fork()
            if pid:
                statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                sensor.stop()
        statuses = []
        sensor = tiercel.Sensor(rules, scope=tiercel.Scope.tree({opener.process.pid}), on_alert=on_alert)
        def ready():
            while not sensor.running: pass
            print("watching", flush=True)
        if sys.argv[1] == "run":
            threading.Thread(target=ready).start()
            sensor.run()
        else:
            with sensor:
                ready()
                while sensor.running: pass
        print(statuses)
    """
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program), begin]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "watching\n"
        opener.open(marked)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert out in {"[1]\n", "[0]\n"}, err
