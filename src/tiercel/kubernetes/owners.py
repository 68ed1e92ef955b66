# SPDX-License-Identifier: Apache-2.0
"""Fetcher of the owners of pods, on demand.

A cluster has many more replica sets and deployments than those of one node's pods, and their labels rarely change: a
watch of all of them on each node would be expensive for the API server. So an owner is read when one of its pods
appears, and again periodically.
"""

from __future__ import annotations

import heapq
import random
import threading
import time
from collections.abc import Callable
from typing import Final

from tiercel.kubernetes.cache import Key
from tiercel.kubernetes.client import ApiError, Client
from tiercel.kubernetes.objects import Owner, owner_of

__all__ = ["Fetcher"]

_AGAIN: Final = (1500.0, 2100.0)  # seconds after which an owner is read again, if a pod still has it
_FIRST_WAIT: Final = 0.5  # seconds after a failure; then twice as long each time
_MAX_WAIT: Final = 60.0
_RESOURCES: Final = {
    "ReplicaSet": "replicasets",
    "Deployment": "deployments",
    "ReplicationController": "replicationcontrollers",
}


class Fetcher:
    """Thread that reads owners.

    Args:
        take: receives each owner; None if the cluster does not have it.
        is_needed: returns whether an owner is still needed.
        report: receives ``owners`` or a forbidden resource with its error, and with None after recovery.

    Attributes:
        reads: number of responses.
        failures: number of failed requests.
    """

    def __init__(
        self,
        client: Client,
        take: Callable[[Key, Owner | None], None],
        is_needed: Callable[[Key], bool],
        report: Callable[[str, ApiError | None], None],
    ) -> None:
        self.reads = 0
        self.failures = 0
        self._client = client
        self._take = take
        self._is_needed = is_needed
        self._report = report
        self._due: list[tuple[float, Key]] = []
        self._known: dict[Key, bool] = {}  # whether a request has succeeded or failed
        self._wait = _FIRST_WAIT
        self._changed = threading.Condition()
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name="tiercel-owners", daemon=True)
        self._thread.start()

    def request(self, key: Key) -> bool:
        """Queue the first read of an owner; return whether its first response is pending."""
        with self._changed:
            if key not in self._known:
                self._known[key] = False
                heapq.heappush(self._due, (0.0, key))
                self._changed.notify()
            return not self._known[key]

    def stop(self) -> None:
        """Stop the thread after the running request."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify()

    def join(self, timeout: float) -> None:
        """Wait for the thread's end."""
        self._thread.join(timeout)

    def _run(self) -> None:
        while (key := self._next()) is not None:
            if not self._is_needed(key):
                with self._changed:
                    self._known.pop(key, None)
                continue
            try:
                given = self._client.read(*key[:3])
            except ApiError as error:
                self._fail(key, error)
            except Exception as error:  # noqa: BLE001 - see Reflector
                self._fail(key, ApiError("E902", f"the API server's answer cannot be read: {error!r}"))
            else:
                self.reads += 1
                self._wait = _FIRST_WAIT
                # Store the owner before marking it as read: otherwise the pod would look complete in between.
                self._take(key, None if given is None else owner_of(given))
                self._settle(key, random.uniform(*_AGAIN))  # noqa: S311 - spreads load
                self._report("owners", None)
                self._report(_RESOURCES[key[0]], None)

    def _next(self) -> Key | None:
        with self._changed:
            while not self._is_stopped:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[1]
                self._changed.wait(wait)
        return None

    def _settle(self, key: Key, again: float) -> None:
        with self._changed:
            self._known[key] = True
            heapq.heappush(self._due, (time.monotonic() + again, key))

    def _fail(self, key: Key, error: ApiError) -> None:
        self.failures += 1
        if error.status in {0, 401}:
            self._client.forget()
        refused = error.status == 403
        pause = max(error.after, self._wait * random.uniform(0.75, 1.25))  # noqa: S311 - spreads load
        self._take(key, None)
        self._settle(key, _AGAIN[0] if refused else pause)
        self._report(_RESOURCES[key[0]] if refused else "owners", error)
        if not refused:
            # Other requests would fail, too: delay them as well.
            with self._changed:
                self._changed.wait_for(lambda: self._is_stopped, pause)
            self._wait = min(self._wait * 2, _MAX_WAIT)
