# SPDX-License-Identifier: Apache-2.0
"""Reflector of one resource: a list followed by a watch, with retries after outages."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Literal, Protocol

from tiercel.kubernetes.client import ApiError, ApiGoneError, Client

__all__ = ["Reflector", "Sink"]

_FIRST_WAIT: Final = 0.5  # seconds after a failure; then twice as long each time
_MAX_WAIT: Final = 60.0
_WATCH: Final = (240, 480)  # seconds until the server ends a watch; random, so that watches do not end at once


class Sink(Protocol):
    """Receiver of the objects. Called by one thread."""

    def replace(self, objects: list[Any]) -> None:
        """Replace all objects."""

    def put(self, given: Any) -> None:
        """Add or update an object."""

    def remove(self, given: Any) -> None:
        """Remove an object."""


class Reflector:
    """Thread that mirrors a resource of the API server into a sink.

    Attributes:
        state: ``starting`` until the first list succeeds or fails; then ``good`` or ``failing``; ``refused`` if this
            account may not list or watch the resource.
        lists: number of full lists.
        failures: number of failures.
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
        """Stop the thread; close the client as well, or the thread only ends with the running watch."""
        self._stop.set()

    def join(self, timeout: float) -> None:
        """Wait for the thread's end."""
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._list_and_watch()

    def _list_and_watch(self) -> None:
        """List if necessary, then watch until the watch ends."""
        try:
            if not self._version:
                self._list()
            self._watch()
        except ApiGoneError:
            # List nothing older than the last version seen; if that fails as well, `_fail` requests the current state.
            self._since, self._version = self._version, ""
            self._pause(self._next_wait())
        except ApiError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - the thread continues after any invalid response
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
            if given is not None:  # not the initial bookmark: a watch that ends at once is no progress
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
            self._since = ""  # a restored database may be older than the last version seen
        if error.status in {0, 401}:
            self._client.forget()  # the token or the authority may have been replaced
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
