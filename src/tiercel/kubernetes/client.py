# SPDX-License-Identifier: Apache-2.0
"""Client of the Kubernetes API server, on top of the official package, which is imported at the first request.

The package finds the server and keeps the connections and the credentials. Responses are decoded from JSON here: the
classes of the package take some thirteen times as long, for values that are not used.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from tiercel.containers.transport.json_access import parsed
from tiercel.errors import EngineError
from tiercel.kubernetes.settings import KubernetesSettings
from tiercel.lang.diagnostics import Report
from tiercel.rules.files import FileProblem, read_bytes, source_of
from tiercel.rules.yamlfile import MAX_DEPTH, read_documents

__all__ = ["ApiError", "ApiGoneError", "Client"]

_CONNECT: Final = 5.0  # seconds
_RESPONSE: Final = 15.0
_LATE: Final = 15.0  # seconds that a watch may be silent after its time-out
_MAX_BYTES: Final = 256 << 20  # of one response
_MAX_VALUES: Final = 4_000_000  # of one response
_MAX_LINE: Final = 8 << 20  # of a watch; etcd keeps no object larger than 1.5 MiB
_MAX_SETTINGS: Final = 100_000  # values of a kubeconfig; the target of a YAML alias counts each time
_METADATA: Final = "application/json;as={};g=meta.k8s.io;v=v1"
_ONE: Final = "PartialObjectMetadata"
_MANY: Final = "PartialObjectMetadataList"
_EXTRA: Final = "pip install 'tiercel[kubernetes]'"

# Methods of the official package that list, and read, the objects of a resource.
_LISTS: Final = {
    "pods": ("CoreV1Api", "list_pod_for_all_namespaces"),
    "services": ("CoreV1Api", "list_service_for_all_namespaces"),
    "namespaces": ("CoreV1Api", "list_namespace"),
}
_READS: Final = {
    "ReplicaSet": ("AppsV1Api", "read_namespaced_replica_set"),
    "Deployment": ("AppsV1Api", "read_namespaced_deployment"),
    "ReplicationController": ("CoreV1Api", "read_namespaced_replication_controller"),
}


class ApiError(EngineError):
    """The API server does not respond, refuses a request, or its response is invalid.

    Attributes:
        status: of HTTP; 0 without a response.
        after: seconds until the next request, from ``Retry-After``; 0 without that header.
    """

    def __init__(self, code: str, text: str, *, status: int = 0, after: float = 0, hint: str | None = None) -> None:
        super().__init__(code, text, hint=hint)
        self.status = status
        self.after = after


class ApiGoneError(ApiError):
    """The server no longer has the changes since that version: a new list is necessary."""

    def __init__(self) -> None:
        super().__init__("E903", "the API server no longer knows what changed since that version", status=410)


class Client:
    """Client of the cluster's API server. Any thread may send requests; each request has its own time-outs."""

    def __init__(self, settings: KubernetesSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._apis: dict[tuple[str, str], Any] = {}
        self._made: list[Any] = []
        self._open: set[Any] = set()
        self._closed = False

    def list(self, resource: str, selector: str = "", since: str = "0", *, bare: bool = False) -> tuple[list[Any], str]:
        """Return the objects of a resource, and the version from which a watch continues.

        Args:
            resource: ``pods``, ``services`` or ``namespaces``.
            selector: field selector of the objects.
            since: oldest acceptable version; the server then responds from its cache. Empty: current content of the
                cluster's database, in pages, which is expensive in a large cluster.
            bare: request only the metadata of the objects.

        Raises:
            ApiError: no response, or not a list of that resource.
            ApiGoneError: the server no longer has that version, or the list changed between two pages.
        """
        objects: list[Any] = []
        page: dict[str, Any] = {"resource_version": since} if since else {"limit": 500}
        form = _MANY if bare else ""
        while True:
            response = self._read(_LISTS[resource], form, field_selector=selector or None, **page)
            items, meta = response.get("items"), response.get("metadata")
            if not isinstance(meta, dict) or not isinstance(items, list | None):
                raise ApiError("E902", f"the API server's response is no list of {resource}")
            objects += items or []
            if not meta.get("continue"):
                return objects, str(meta.get("resourceVersion", ""))
            page = {"limit": 500, "_continue": meta["continue"]}

    def read(self, kind: str, namespace: str, name: str) -> Any | None:
        """Return an object with its metadata only; None if the server does not have it.

        Raises:
            ApiError: no valid response.
        """
        try:
            return self._read(_READS[kind], _ONE, name, namespace)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def watch(
        self, resource: str, selector: str, version: str, seconds: int, *, bare: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Yield the changes after a version, for ``seconds`` or until the server ends the watch.

        The first one is a bookmark without a version: the server has accepted the request.

        Raises:
            ApiError: the request failed, or a line of the response is not a change.
            ApiGoneError: that version is too old.
        """
        with self._request(
            _LISTS[resource],
            _ONE if bare else "",
            field_selector=selector or None,
            resource_version=version,
            timeout_seconds=seconds,
            allow_watch_bookmarks=True,
            watch=True,
            _request_timeout=(_CONNECT, seconds + _LATE),
        ) as response:
            yield {"type": "BOOKMARK"}
            for line in _lines(response):
                event = _parsed(line)
                if event.get("type") == "ERROR":
                    _refuse(event.get("object"))
                yield event

    def close(self) -> None:
        """Close all connections, so that calls of other threads return; later requests fail."""
        with self._lock:
            self._closed = True
            running = list(self._open)
        for response in running:
            _cut(response)
        self.forget()

    def forget(self) -> None:
        """Drop the credentials: the next request reads the account's files again. Running responses continue."""
        with self._lock:
            made, self._made, self._apis = self._made, [], {}
        for connection in made:
            connection.close()

    def _read(self, call: tuple[str, str], form: str, *arguments: str, **named: Any) -> dict[str, Any]:
        with self._request(call, form, *arguments, _request_timeout=(_CONNECT, _RESPONSE), **named) as response:
            parts = []
            left = _MAX_BYTES
            while part := response.read(min(left, 1 << 20)):
                parts.append(part)
                left -= len(part)
                if left <= 0:
                    raise ApiError("E902", "an answer of the API server is too long")
            return _parsed(b"".join(parts))

    @contextlib.contextmanager
    def _request(self, call: tuple[str, str], form: str, *arguments: str, **named: Any) -> Iterator[Any]:
        """Send a request; any failure until the response is read becomes an ApiError."""
        send = self._call(call, form)
        import urllib3
        from kubernetes.client import ApiException

        given = {name: value for name, value in named.items() if value is not None}
        response = None
        try:
            response = send(*arguments, _preload_content=False, **given)
            self._register(response)
            yield response
        except ApiException as error:
            raise _refused(error) from error
        except urllib3.exceptions.ReadTimeoutError as error:
            raise ApiError("E901", "the API server does not respond in time") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ApiError("E901", f"the API server does not respond: {_reason(error)}") from error
        finally:
            if response is not None:
                with self._lock:
                    self._open.discard(response)
                response.close()

    def _register(self, response: Any) -> None:
        with self._lock:
            self._open.add(response)
            if not self._closed:
                return
        raise ApiError("E901", "the client is closed")

    def _call(self, call: tuple[str, str], form: str) -> Callable[..., Any]:
        group, name = call
        with self._lock:
            if self._closed:
                raise ApiError("E901", "the client is closed")
            api = self._apis.get((group, form))
            if api is None:
                api = self._apis[group, form] = self._connect(group, form)
        return getattr(api, name)  # type: ignore[no-any-return]

    def _connect(self, group: str, form: str) -> Any:
        try:
            from kubernetes import client
            from kubernetes.config import kube_config
            from kubernetes.config.incluster_config import InClusterConfigLoader
        except ImportError as error:
            raise ApiError("E904", "the client of Kubernetes is not installed", hint=_EXTRA) from error
        settings = client.Configuration()
        try:
            if self._settings.kubeconfig:
                _check(self._settings.kubeconfig)
                kube_config.load_kube_config(self._settings.kubeconfig, client_configuration=settings)
            else:
                account = Path(self._settings.account)
                token, authority = str(account / "token"), str(account / "ca.crt")
                InClusterConfigLoader(token, authority, environ=os.environ).load_and_set(settings)
        except FileProblem as error:
            text = f"the cluster's account cannot be used: {self._settings.kubeconfig}: {error.text}"
            raise ApiError("E904", text, hint=error.hint or None) from error
        except Exception as error:  # the package does not validate the file: an invalid one raises anything
            raise ApiError("E904", f"the cluster's account cannot be used: {_reason(error)}") from error
        # Retries would hide outages for long, and redirects would send the credentials to another server.
        settings.retries = False
        settings.keep_alive = True
        connection = client.ApiClient(settings)
        connection.user_agent = "tiercel"
        if form:
            connection.set_default_header("Accept", _METADATA.format(form))
        self._made.append(connection)
        return getattr(client, group)(connection)


def _check(path: str) -> None:
    """Refuse a kubeconfig that would block the package forever, or exhaust memory."""
    for part in path.split(os.pathsep):
        if not (file := Path(part).expanduser()).exists():
            continue  # the package skips it, or reports it
        report = Report()
        source = source_of(read_bytes(file), part, report)
        documents = read_documents(source, report) if source is not None else None
        for found in report:
            raise FileProblem(found.text, found.hint or "")
        for node in documents or ():
            if node.size > _MAX_SETTINGS or node.height > MAX_DEPTH:
                raise FileProblem(f"more than {_MAX_SETTINGS:,} values or {MAX_DEPTH} levels")


def _cut(response: Any) -> None:
    """Shut a connection down below TLS: a regular close would wait for the thread that reads from it."""
    connection = getattr(response, "connection", None) or getattr(response, "_connection", None)
    channel = getattr(connection, "sock", None)
    if channel is not None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(channel, socket.SHUT_RDWR)


def _lines(response: Any) -> Iterator[bytes]:
    rest = b""
    for part in response.stream(amt=None, decode_content=True):
        *whole, rest = (rest + part).split(b"\n")
        if len(rest) > _MAX_LINE:
            raise ApiError("E902", "the API server tells of an object that is too large")
        yield from (line for line in whole if line.strip())


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        value = parsed(text, _MAX_VALUES)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ApiError("E902", "the API server sent an invalid response")
    return value


def _refuse(status: object) -> None:
    """Raise the error with which the server ends a watch."""
    code = status.get("code") if isinstance(status, dict) else None
    if code == 410:
        raise ApiGoneError
    text = str(status.get("message", ""))[:200] if isinstance(status, dict) else ""
    raise ApiError("E903", f"the API server ends a watch: {text}", status=code if isinstance(code, int) else 0)


def _refused(error: Any) -> ApiError:
    status = error.status or 0
    if status == 410:
        return ApiGoneError()
    if not status:  # TLS
        return ApiError("E901", f"the API server does not respond: {_reason(error.reason or error)}")
    after = 0.0
    with contextlib.suppress(TypeError, ValueError, AttributeError):
        after = min(float(error.headers.get("Retry-After", 0)), 300.0)
    return ApiError("E903", f"the API server refuses: {status} {error.reason}", status=status, after=after)


def _reason(error: object) -> str:
    return " ".join(str(error).split())[:200]
