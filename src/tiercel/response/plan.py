# SPDX-License-Identifier: Apache-2.0
"""Responses of a responder with what they need to run; a reload replaces it as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tiercel.response.functions import load_function
from tiercel.response.protection import ProtectedProcesses, Protection
from tiercel.response.result import Refusal
from tiercel.response.settings import Response
from tiercel.token_bucket import TokenBucket

__all__ = ["PROCESS_ACTIONS", "Plan"]

PROCESS_ACTIONS: Final = frozenset({"kill", "stop", "kill_cgroup", "freeze"})
"""Actions on a process or a control group; all others run code."""


class Plan:
    """Responses, their functions and rate limits, and the protected processes.

    Attributes:
        responses: responses in order.
        protection: check of the protected processes.
        dry_run: all responses only report.
    """

    def __init__(
        self,
        responses: Iterable[Response],
        protected: ProtectedProcesses | None,
        *,
        dry_run: bool,
        is_own: Callable[[int], bool],
        before: Plan | None = None,
    ) -> None:
        """Load the functions; responses that ``before`` has, too, keep the state of their rate limit.

        Raises:
            UsageError: E607 or E608, a function cannot be loaded.
        """
        self.responses = tuple(responses)
        self.protection = Protection(protected, is_own)
        self.dry_run = dry_run
        self._functions = {one: load_function(one.function) for one in self.responses if one.function is not None}
        kept: Mapping[Response, TokenBucket] = before._buckets if before is not None else {}
        self._buckets: Mapping[Response, TokenBucket] = {
            one: kept.get(one) or TokenBucket(one.rate, one.burst) for one in self.responses if one.rate
        }

    @property
    def runs_code(self) -> bool:
        """True if a response runs a program, a function or a capture."""
        return any(one.action not in PROCESS_ACTIONS for one in self.responses)

    def require(self, response: Response) -> None:
        """Refuse a response that is no part of the plan.

        Raises:
            Refusal: ``removed``.
        """
        if response not in self.responses:
            raise Refusal("removed", "a reload removed or changed the response")

    def only_reports(self, response: Response) -> bool:
        """Return whether a response does nothing."""
        return self.dry_run or response.dry_run

    def admits(self, response: Response) -> bool:
        """Return whether the rate of a response permits an action now, and count it; 0 is no limit."""
        bucket = self._buckets.get(response)
        return bucket is None or bucket.take()

    def function(self, response: Response) -> Callable[[Any], object]:
        """Return the function of a response with the action ``call``."""
        return self._functions[response]
