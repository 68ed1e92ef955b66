# SPDX-License-Identifier: Apache-2.0
"""Reflector of one resource: a list followed by a watch, with retries after outages."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Literal, Protocol

from tiercel.kubernetes.client import ApiError, ApiGoneError, Client

__all__ = ["Follower", "Sink"]

_FIRST_WAIT: Final = 0.5  # seconds after a failure; then twice as long each time
_MAX_WAIT: Final = 60.0
_WATCH: Final = (240, 480)  # seconds; the server ends a watch then, so that not all do so at once


class Sink(Protocol):
    """Where the objects go. Called by one thread."""

    def replace(self, objects: list[Any]) -> None:
        """Take these as all that there are."""

    def put(self, given: Any) -> None:
        """Take an object that is new or another."""

    def remove(self, given: Any) -> None:
        """Forget an object."""


class Follower:
    """A thread that keeps a sink as the API server has a resource.

    Attributes:
        state: ``starting`` until the first list is there, or cannot be had; then ``good`` or ``failing``; ``refused``
            where this account may not list or watch the resource.
        lists: how often everything was listed.
        failures: how often something went wrong.
    """

    def __init__(
        self,
        client: Client,
        resource: str,
        sink: Sink,
        report: Callable[[ApiError | None], None],
        *,
        selector: str = "",
        bare: bool = False,
    ) -> None:
        self.resource = resource
        self.state: Literal["starting", "good", "failing", "refused"] = "starting"
        self.lists = 0
        self.failures = 0
        self._client = client
        self._sink = sink
        self._report = report
        self._selector = selector
        self._bare = bare
        self._version = ""
        self._since = "0"
        self._is_renewed = False
        self._wait = _FIRST_WAIT
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"tiercel-{resource}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it; the client is to be closed, too, or the thread ends with the running watch only."""
        self._stop.set()

    def join(self, timeout: float) -> None:
        """Wait for the thread's end."""
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._follow()

    def _follow(self) -> None:
        """List, if that is to be done, and watch until something ends it."""
        try:
            if not self._version:
                self._list()
            self._watch()
        except ApiGoneError:
            # Not older than what was seen; if the server cannot tell that either, then what it has now.
            self._since, self._version = self._version, ""
            self._pause(self._next_wait())
        except ApiError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - whatever a library makes of an odd answer, the thread goes on
            self._fail(ApiError("E902", f"the API server's answer cannot be read: {error!r}"))

    def _list(self) -> None:
        objects, version = self._client.list(self.resource, self._selector, self._since, bare=self._bare)
        self.lists += 1
        self._sink.replace(objects)
        self._version = version
        self._succeed()

    def _watch(self) -> None:
        seconds = random.randint(*_WATCH)  # noqa: S311 - spreads load
        begun = time.monotonic()
        for event in self._client.watch(self.resource, self._selector, self._version, seconds, bare=self._bare):
            kind, given = event.get("type"), event.get("object")
            if kind in {"ADDED", "MODIFIED"}:
                self._sink.put(given)
            elif kind == "DELETED":
                self._sink.remove(given)
            elif kind != "BOOKMARK":
                raise ApiError("E902", "the API server tells of a change that there is not")
            self._version = _version(given) or self._version
            self._succeed()
            if given is not None:  # not the mark of the beginning: a watch that ends at once is no progress
                self._wait = _FIRST_WAIT
            if self._stop.is_set():
                return
        if time.monotonic() - begun < 1:
            raise ApiError("E901", f"the API server ends watches of {self.resource} at once")

    def _succeed(self) -> None:
        self._is_renewed = False
        if self.state != "good":
            self.state = "good"
            self._report(None)

    def _fail(self, error: ApiError) -> None:
        if self._stop.is_set():
            return
        self.failures += 1
        if not self._version and self._since != "0":
            self._since = ""  # the server may be older than what was seen, after its database was restored
        if error.status in {0, 401}:
            self._client.forget()  # the token may have been replaced, or the authority
        if error.status == 401 and not self._is_renewed:
            self._is_renewed = True
            return
        self.state = "refused" if error.status in {401, 403} else "failing"
        self._report(error)
        self._pause(max(error.after, self._next_wait()))

    def _next_wait(self) -> float:
        wait, self._wait = self._wait, min(self._wait * 2, _MAX_WAIT)
        return wait * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load

    def _pause(self, seconds: float) -> None:
        self._stop.wait(seconds)


def _version(given: object) -> str:
    meta = given.get("metadata") if isinstance(given, dict) else None
    version = meta.get("resourceVersion") if isinstance(meta, dict) else None
    return version if isinstance(version, str) else ""
