# SPDX-License-Identifier: Apache-2.0
"""Execution of responses, apart from the delivery of alerts."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, Protocol

from tiercel.errors import SensorError, TiercelError
from tiercel.response.functions import complete
from tiercel.response.plan import PROCESS_ACTIONS, Plan
from tiercel.response.private_mounts import enter_private_mounts
from tiercel.response.process import Process, pass_limits
from tiercel.response.procfs import mount_namespace, ticks_of
from tiercel.response.programs import Program, Programs
from tiercel.response.protection import ProtectedProcesses
from tiercel.response.recordings import Recorder, Recordings
from tiercel.response.result import ActionResult, Outcome, Refusal, latency_since
from tiercel.response.settings import Response, Selected
from tiercel.response.stats import ResponseCounters, ResponseStats
from tiercel.response.worker import Worker

__all__ = ["Respondable", "Responder"]

_LOG: Final = logging.getLogger("tiercel.response")
# Outcomes that repeat as often as alerts: only the first of a series is reported.
_REPETITIVE: Final = frozenset({"rate_limited", "own", "overflow", "gone", "uncertain", "removed"})


class _Event(Protocol):
    @property
    def header(self) -> Mapping[str, Any]: ...


class Respondable(Selected, Protocol):
    """Part of the interface of an alert that responses use."""

    @property
    def time_ns(self) -> int: ...
    @property
    def is_internal(self) -> bool: ...
    @property
    def fields(self) -> Mapping[str, Any]: ...
    @property
    def process(self) -> Process: ...
    @property
    def event(self) -> _Event: ...
    def to_json(self) -> str: ...


class Responder:
    """Executor of responses.  A context manager, or closed by :meth:`close`.

    >>> responder = tiercel.Responder([tiercel.Response("kill", tags=("cryptomining",))])       # doctest: +SKIP
    >>> tiercel.Sensor(rules, on_alert=responder.handle).run()                                  # doctest: +SKIP

    :meth:`handle` only queues. A thread carries out signals and control group actions; two more run programs and
    functions, so that these never delay a kill. Internal alerts cause no response. Neither do alerts of the sensor's
    own process, and of programs and functions of responses with all their descendants: with CAP_SYS_ADMIN these have a
    mount namespace of their own, by which their events are recognised.
    """

    def __init__(
        self,
        responses: Iterable[Response],
        *,
        protected: ProtectedProcesses | None = None,
        dry_run: bool = False,
        on_alert: Callable[[Any], object] | None = None,
        on_result: Callable[[ActionResult], object] | None = None,
        queue_capacity: int = 4096,
    ) -> None:
        """Start the threads.

        Args:
            responses: responses in order; an alert may cause several.
            protected: processes that no response touches, in addition to process 1, kernel threads, and the sensor
                with its ancestors.
            dry_run: all responses only report.
            on_alert: called with each alert after its responses are queued, by the caller of :meth:`handle`.
            on_result: called with results, by any thread. Of equal results in a row that nothing was done for, it gets
                the first one; :meth:`stats` counts all.
            queue_capacity: maximum number of queued actions; more are counted as ``overflow``.

        Raises:
            UsageError: E608, a function cannot be loaded.
        """
        self._mark: int | None = None
        self._plan = Plan(responses, protected, dry_run=dry_run, is_own=self._is_own_process)
        self._on_alert = on_alert
        self._on_result = on_result
        self._counters = ResponseCounters()
        self._recordings = Recordings()
        self._programs = Programs(queue_capacity)
        self._calls = Worker("tiercel-response-functions", queue_capacity)
        self._actions = Worker("tiercel-responses", queue_capacity)
        self._process_id = os.getpid()
        self._is_closed = False
        self._runs_code = False
        self._actions.start()
        self.switch(self._plan)

    def attach(self, sensor: Recorder, default_prefix: Callable[[], str] | None = None) -> None:
        """Record captures with a sensor; responses without ``path_prefix`` use ``default_prefix``."""
        self._recordings.attach(sensor, default_prefix)

    def replace(
        self, responses: Iterable[Response], *, protected: ProtectedProcesses | None = None, dry_run: bool = False
    ) -> None:
        """Replace all responses at once, and with them the protected processes.

        Actions that run are completed. Queued actions follow the new settings: those of a response that is no longer
        there are dropped as ``removed``. An unchanged response keeps the state of its rate limit.

        Raises:
            UsageError: E607 or E608, a function cannot be loaded; nothing has changed.
        """
        self.switch(self.plan(responses, protected, dry_run=dry_run))

    def plan(self, responses: Iterable[Response], protected: ProtectedProcesses | None, *, dry_run: bool) -> Plan:
        """Return the plan that :meth:`replace` switches to."""
        return Plan(responses, protected, dry_run=dry_run, is_own=self._is_own_process, before=self._plan)

    def switch(self, plan: Plan) -> None:
        """Use a plan for all queued and later actions."""
        if plan.runs_code and not self._runs_code:
            self._runs_code = True
            starter = threading.Thread(target=self._start_marked, name="tiercel-response-start")
            starter.start()
            starter.join()
        self._plan = plan

    def handle(self, alert: Respondable) -> object:
        """Queue the responses to an alert, then call ``on_alert`` and return its result.

        Raises:
            SensorError: E605, the responder belongs to the parent of a fork.
        """
        if self._process_id != os.getpid():
            raise SensorError("E605", "the responder is the parent process's", hint="make a responder after the fork")
        if not alert.is_internal:
            for response in self._plan.responses:
                if response.selects(alert) and not self._actions.submit(partial(self._respond, response, alert)):
                    self._report(response, alert, "overflow", "too many actions wait")
        return self._on_alert(alert) if self._on_alert is not None else None

    def stats(self) -> ResponseStats:
        """Return the counters."""
        return self._counters.stats()

    def close(self, timeout: float = 5.0) -> None:
        """Carry out what is queued, and end; after ``timeout`` seconds, drop the rest and kill running programs."""
        if self._process_id != os.getpid() or self._is_closed:
            return
        self._is_closed = True
        deadline = time.monotonic() + timeout
        for worker in (self._actions, self._calls):
            if not worker.close(max(0.0, deadline - time.monotonic())):
                dropped = worker.abandon()
                _LOG.warning("an action of a response does not return; %d more are dropped", dropped)
        self._programs.close(max(0.0, deadline - time.monotonic()))
        self._recordings.close()

    def __enter__(self) -> Responder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- The threads --------------------------------------------------------------------------------------------------

    def _start_marked(self) -> None:
        """Start the threads of programs and functions from a thread whose namespace they inherit."""
        self._mark = enter_private_mounts()
        if self._mark is None:
            _LOG.info("programs of responses have no mount namespace of their own: CAP_SYS_ADMIN is missing")
        self._programs.start()
        self._calls.start()

    def _respond(self, response: Response, alert: Respondable) -> None:
        """Carry out one response, or pass it to another thread."""
        process, plan = alert.process, self._plan
        try:
            plan.require(response)
            self._refuse_own(alert, process)
            if response.action in PROCESS_ACTIONS:
                self._act(plan, response, alert, process)
                return
            pass_limits(dry_run=plan.only_reports(response), admit=partial(plan.admits, response))
            if response.action == "run":
                self._run(response, alert, process)
            else:
                self._call(plan, response, alert, process)
        except Refusal as refusal:
            self._report(response, alert, refusal.outcome, refusal.detail)
        except Exception as error:  # noqa: BLE001 - the next action must follow
            _LOG.exception("the response %r failed", response.label)
            self._report(response, alert, "failed", f"{type(error).__name__}: {error}")

    def _act(self, plan: Plan, response: Response, alert: Respondable, process: Process) -> None:
        if alert.fields.get("container.metadata") == "unknown":
            raise Refusal("uncertain", "the match depends on missing metadata of the container")
        result = process.act(
            response.action,
            plan.protection,
            dry_run=plan.only_reports(response),
            admit=partial(plan.admits, response),
        )
        self._report(response, alert, result.outcome, result.detail)

    def _run(self, response: Response, alert: Respondable, process: Process) -> None:
        variables = {
            "TIERCEL_RULE": _variable(alert.rule),
            "TIERCEL_PRIORITY": alert.priority.label,
            "TIERCEL_PID": str(process.pid or ""),
            "TIERCEL_RESPONSE": _variable(response.label),
        }
        text = alert.to_json().encode() + b"\n"
        report = partial(self._report, response, alert)
        environment = {**os.environ, **variables}
        program = Program(
            response.program, environment, text, response.timeout, report, lambda: self._plan.require(response)
        )
        if not self._programs.submit(program):
            raise Refusal("overflow", "too many programs wait")

    def _call(self, plan: Plan, response: Response, alert: Respondable, process: Process) -> None:
        def work() -> None:
            try:
                self._plan.require(response)
                if response.action == "capture":
                    self._report(response, alert, "captured", self._recordings.begin(response, process, alert.time_ns))
                else:
                    complete(plan.function(response)(alert))
                    self._report(response, alert, "called")
            except Refusal as refusal:
                self._report(response, alert, refusal.outcome, refusal.detail)
            except TiercelError as error:
                self._report(response, alert, "failed", error.text)
            except Exception as error:  # noqa: BLE001 - code of the user
                _LOG.exception("the function of the response %r failed", response.label)
                self._report(response, alert, "failed", f"{type(error).__name__}: {error}")

        if not self._calls.submit(work):
            raise Refusal("overflow", "too many functions wait")

    # --- Own processes ------------------------------------------------------------------------------------------------

    def _refuse_own(self, alert: Respondable, process: Process) -> None:
        if process.pid is None:
            return
        header = alert.event.header
        if process.pid == self._process_id:
            raise Refusal("own", "the sensor caused the alert")
        is_marked = self._mark is not None and header["mnt_ns"] == self._mark
        if is_marked or self._programs.is_own(process.pid, ticks_of(process.start_ns)):
            raise Refusal("own", "a program of a response caused the alert")
        if self._mark is None and self._programs.is_child(header["ppid"]):
            raise Refusal("own", "a program of a response caused the alert")

    def _is_own_process(self, pid: int) -> bool:
        return (self._mark is not None and mount_namespace(pid) == self._mark) or self._programs.is_own(pid)

    # --- Results ------------------------------------------------------------------------------------------------------

    def _report(self, response: Response, alert: Respondable, outcome: Outcome, detail: str = "") -> None:
        process = alert.process
        latency = latency_since(process.event_ns) or max(0, time.time_ns() - alert.time_ns)
        result = ActionResult(response.action, outcome, detail, process.pid, latency, alert.rule, response.label)
        is_new = self._counters.add(result)
        if outcome in _REPETITIVE and not is_new:
            return
        _LOG.info("%s", result)
        if self._on_result is not None:
            try:
                complete(self._on_result(result))
            except Exception:  # noqa: BLE001 - the next action must follow
                _LOG.exception("on_result failed")


def _variable(text: str) -> str:
    """Return a text that the environment of a program accepts."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")
