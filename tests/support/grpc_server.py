# SPDX-License-Identifier: Apache-2.0
"""A gRPC server on a unix socket whose methods are functions of a test."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from pathlib import Path
from typing import Any, NoReturn

import grpc

__all__ = ["Context", "Method", "grpc_server", "refuse"]

Context = Any
"""gRPC's description of a call, an argument of its method."""

Method = Callable[[bytes, Context], Any]
"""Takes a request; returns the answer, or yields the parts of it where its path is named as a stream."""


class _Methods(grpc.GenericRpcHandler):  # type: ignore[misc, unused-ignore]
    def __init__(self, calls: Mapping[str, Method], streams: Mapping[str, Method]) -> None:
        self._calls = calls
        self._streams = streams

    def service(self, handler_call_details: Any) -> Any:
        path = handler_call_details.method
        if path in self._streams:
            return grpc.unary_stream_rpc_method_handler(self._streams[path])
        if path in self._calls:
            return grpc.unary_unary_rpc_method_handler(self._calls[path])
        return None


@contextlib.contextmanager
def grpc_server(path: Path, calls: Mapping[str, Method], streams: Mapping[str, Method] | None = None) -> Iterator[Any]:
    """Serve methods by their paths until the block ends; calls that are under way then fail."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    server.add_generic_rpc_handlers((_Methods(calls, streams or {}),))
    server.add_insecure_port(f"unix:{path}")
    server.start()
    try:
        yield server
    finally:
        server.stop(None).wait(10)


def refuse(context: Context, code: str, details: str = "") -> NoReturn:
    """Answer with an error, by the name that gRPC has for it."""
    context.abort(getattr(grpc.StatusCode, code), details)
    raise AssertionError(code)  # gRPC has left the method
