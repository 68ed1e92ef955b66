# SPDX-License-Identifier: Apache-2.0
"""gRPC client over a unix socket."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote

from tiercel.containers.engines.cri_messages import Service
from tiercel.containers.engines.interface import EngineAbsentError
from tiercel.errors import EngineError

# gRPC reads these variables once, at its import. Without them it logs failures of engines on stderr, between tiercel's
# own messages. If the environment enables gRPC in children, a fork would also wait for the end of a stream, although
# no child uses these channels.
_BEFORE: Final = {name: os.environ.get(name) for name in ("GRPC_VERBOSITY", "GRPC_ENABLE_FORK_SUPPORT")}
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
try:
    import grpc

    from tiercel.containers.transport import protobuf_dynamic as wire
except ImportError:  # an optional extra; Client raises an error that names it
    _AVAILABLE = False
else:
    _AVAILABLE = True
finally:  # restore the environment for child processes
    for _name, _value in _BEFORE.items():
        if _value is None:
            del os.environ[_name]
        else:
            os.environ[_name] = _value

__all__ = ["Client", "Metadata"]

Metadata = Sequence[tuple[str, str]]
"""Metadata of a gRPC call, like headers of HTTP."""

_MAX_MESSAGE: Final = 16 << 20  # bytes: the limit of containerd itself
_MAX_DETAIL: Final = 200  # characters of a server's message in an error: the last ones, which contain the cause
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", _MAX_MESSAGE),
    ("grpc.enable_http_proxy", 0),  # the socket is local: ignore proxies in the environment
    ("grpc.use_local_subchannel_pool", 1),  # a new channel connects at once, without the back-off of an older one
    ("grpc.enable_retries", 0),  # the caller decides about retries
    ("SingleThreadedUnaryStream", 1),  # an idle stream takes a quarter of the CPU time of one with a thread
)
_CODES: Final = {
    "UNAVAILABLE": ("E901", "no answer"),
    "DEADLINE_EXCEEDED": ("E901", "no answer in time"),
    "CANCELLED": ("E901", "closed"),
    "INTERNAL": ("E902", "an answer that is not gRPC"),
    "RESOURCE_EXHAUSTED": ("E902", f"an answer of more than {_MAX_MESSAGE >> 20} MiB"),
}
_ABSENT: Final = frozenset({errno.ENOENT, errno.ECONNREFUSED, errno.ENOTDIR})
_FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM})
_REFUSED: Final = ("E903", "refused")


class Client:
    """Client of one server. Any thread may call any method.

    Args:
        path: of its socket.
        timeout_s: time limit of a call in seconds.
    """

    def __init__(self, path: str, timeout_s: float) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._channel: Any = None
        self._closed = False

    def call(self, service: Service, method: str, metadata: Metadata = (), **members: object) -> Any:
        """Call a method with a request of these members.

        Returns:
            The response, or None if the server does not have the requested object.

        Raises:
            EngineError: E901 to E905.
        """
        channel = self._open()
        call = channel.unary_unary(service.path(method))
        request = wire.request_of(service, method)(**members).SerializeToString()
        try:
            answer = call(request, timeout=self._timeout_s, metadata=metadata)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise self._failed(channel, error) from None
        except ValueError:  # another thread closed the channel
            raise self._error("E901", "closed") from None
        return self._parsed(wire.response_of(service, method), answer)

    def stream(self, service: Service, method: str, metadata: Metadata = (), **members: object) -> Iterator[Any]:
        """Yield the messages of a streaming response, without a time limit.

        Raises:
            EngineError: E901 to E905, also after some parts.
        """
        channel = self._open()
        call = channel.unary_stream(service.path(method))
        request = wire.request_of(service, method)(**members).SerializeToString()
        response = wire.response_of(service, method)
        try:
            parts = call(request, metadata=metadata)
        except ValueError:
            raise self._error("E901", "closed") from None
        try:
            for part in parts:
                yield self._parsed(response, part)
        except grpc.RpcError as error:
            raise self._failed(channel, error) from None
        finally:
            parts.cancel()

    def close(self) -> None:
        """Close the channel, so that calls of other threads end."""
        with self._lock:
            self._closed = True
            channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    def _open(self) -> Any:
        """Return the channel; it connects when it is first used."""
        if not _AVAILABLE:
            raise EngineError(
                "E904",
                f"{self._path}: what listens there speaks gRPC, for which a package is missing",
                hint='pip install "tiercel[cri]"',
            )
        with self._lock:
            if self._closed:
                raise self._error("E901", "closed")
            if self._channel is None:
                self._channel = grpc.insecure_channel("unix:" + quote(self._path), options=_OPTIONS)
            return self._channel

    def _failed(self, channel: Any, error: Any) -> EngineError:
        """Return the error of a failed call. After a lost connection the next call makes a new one."""
        code = error.code()
        if code is grpc.StatusCode.UNAVAILABLE:
            with self._lock:
                if self._channel is channel:
                    self._channel = None
            channel.close()
            refused = _refused(self._path)
            if refused in _ABSENT:
                return EngineAbsentError("E901", f"{self._path}: no program listens there")
            if refused in _FORBIDDEN:
                hint = "run as root, or as a member of the socket's group"
                return EngineError("E903", f"{self._path}: permission denied", hint=hint)
        if code is grpc.StatusCode.UNIMPLEMENTED:
            return EngineAbsentError("E905", f"{self._path}: what listens there is no such engine")
        return self._error(*_CODES.get(code.name, _REFUSED), detail=str(error.details() or ""))

    def _error(self, code: str, what: str, detail: str = "") -> EngineError:
        shown = "".join(one if one.isprintable() else " " for one in detail[-_MAX_DETAIL:])
        return EngineError(code, f"{self._path}: {what}" + (f": {shown}" if shown else ""))

    def parsed(self, service: Service, name: str, content: bytes) -> Any:
        """Return a message of the service that another message contains as bytes.

        Raises:
            EngineError: E902.
        """
        return self._parsed(wire.class_of(service, name), content)

    def _parsed(self, response: Any, content: bytes) -> Any:
        try:
            return response.FromString(content)
        except wire.DecodeError:
            raise self._error("E902", "an answer that is no message of its protocol") from None


def _refused(path: str) -> int:
    """Return the errno of a refused connection, as gRPC reports only a text; 0: the connection succeeds."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(0)
        try:
            return probe.connect_ex(path)
        except OSError:  # a path that is too long for a socket
            return errno.ENOENT
