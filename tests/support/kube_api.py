# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the API server of a cluster: the real paths, over TLS, for clients with the service account's token.

It lists in pages, watches with versions and bookmarks, returns only metadata where the client requests that, refuses as
the real one does (400, 401, 403, 404, 410) and fails in the ways that networks and servers do.
"""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import re
import socket
import ssl
import threading
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from kubernetes import client

from support.certificates import make_certificate
from support.kube_store import RESOURCES, Gone, Object, Selection, Store

# Imported with the tests, so that none of them waits for that: it takes a second, or ten on a busy machine.
CLIENT = (client.CoreV1Api, client.AppsV1Api)

_PATH = re.compile(
    r"/(?:api|apis/(?P<group>[^/]+))/v1(?:/namespaces/(?P<namespace>[^/]+))?/(?P<resource>[a-z]+)(?:/(?P<name>[^/]+))?"
)
_FORM = re.compile(r"application/json;as=(\w+);g=meta\.k8s\.io;v=v1\Z")
_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    406: "NotAcceptable",
    410: "Expired",
}


class Seen(NamedTuple):
    """One request that was answered or refused."""

    verb: str
    resource: str
    namespace: str
    name: str
    query: dict[str, str]
    metadata_only: bool


class _Refusal(Exception):
    def __init__(self, code: int, message: str, after: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.after = after

    @property
    def status(self) -> Object:
        """The answer's body."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": str(self),
            "reason": _REASONS.get(self.code, "InternalError"),
            "code": self.code,
        }


class ApiServer:
    """One API server on a port of 127.0.0.1, and the files that a pod's service account finds of it.

    Attributes:
        store: the objects.
        tokens: accepted tokens.
        forbidden: (verb, resource) that the account may not do; verbs are get, list and watch.
        faults: what happens to the next requests of a resource in place of an answer, in order: ``stall`` (until the
            server stops), ``cut`` (half of an answer), ``nonsense`` (no JSON), ``gone`` (a watch ends with 410), or a
            status.
        seen: the requests.
        page: maximum number of items of a list, whatever limit the request has.
        account: folder with ``token`` and ``ca.crt``.
    """

    def __init__(self, folder: Path, *, token: str = "token-1") -> None:
        self.store = Store()
        self.tokens = {token}
        self.forbidden: set[tuple[str, str]] = set()
        self.faults: dict[str, deque[str | int]] = {name: deque() for name in RESOURCES}
        self.seen: list[Seen] = []
        self.page = 500
        self.account = folder / "serviceaccount"
        self.account.mkdir(parents=True)
        (self.account / "token").write_text(token)
        _make_certificates(folder, self.account / "ca.crt")
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(folder / "server.crt", folder / "server.key")
        self._server: _Server | None = None
        self.port = 0
        self.start()

    def start(self) -> None:
        """Serve, on the port that was served before."""
        self.store.open = True
        self._server = _Server(self, self.port, self._tls)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """End all connections; nothing listens any more."""
        server, self._server = self._server, None
        if server is not None:
            self.store.close()
            server.shutdown()
            server.server_close()
            server.cut_all()

    @property
    def environment(self) -> dict[str, str]:
        """The server's address in the environment of a pod."""
        return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(self.port)}

    @property
    def connected(self) -> int:
        """Connections that there are now."""
        return len(self._server.connections) if self._server is not None else 0

    def requests_of(self, verb: str, resource: str) -> list[Seen]:
        """Requests of this kind so far."""
        return [seen for seen in self.seen if (seen.verb, seen.resource) == (verb, resource)]

    def __enter__(self) -> ApiServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def _make_certificates(folder: Path, ca: Path) -> None:
    """Make an authority and a certificate of 127.0.0.1 that it signed.

    From 3.13 on, Python requires the key usage of an authority's certificate.
    """
    key = folder / "ca.key"
    make_certificate(ca, key, "authority", "keyUsage=critical,keyCertSign,cRLSign")
    extensions = (
        "subjectAltName=IP:127.0.0.1",
        "basicConstraints=critical,CA:FALSE",
        "keyUsage=critical,digitalSignature",
    )
    signed = ("-nodes", "-CA", str(ca), "-CAkey", str(key))
    make_certificate(folder / "server.crt", folder / "server.key", "kubernetes", *extensions, options=signed)


class _Server(http.server.ThreadingHTTPServer):
    """Connections of an API server, each served by a thread."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, api: ApiServer, port: int, tls: ssl.SSLContext) -> None:
        self.api = api
        self.stopped = threading.Event()
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)
        # The handshake is the connection's thread's: one that is slow there must not keep others out.
        self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        """End the connections that there are."""
        self.stopped.set()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):  # closed meanwhile
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error."""


class _Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two packets, the second of which would wait
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Tests look at `ApiServer.seen`."""

    def do_GET(self) -> None:
        try:
            self._answer()
        except _Refusal as refusal:
            self._send(refusal.code, refusal.status, {"Retry-After": str(refusal.after)} if refusal.after else {})

    def _answer(self) -> None:
        api = self.server.api
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if self.headers.get("Authorization", "").removeprefix("Bearer ").removeprefix("bearer ") not in api.tokens:
            raise _Refusal(401, "Unauthorized")
        where = _PATH.fullmatch(url.path)
        parts = where.groupdict(default="") if where else {"resource": ""}
        resource = parts["resource"]
        if resource not in RESOURCES or RESOURCES[resource][1] != parts["group"]:
            raise _Refusal(404, "the server could not find the requested resource")
        verb = "get" if parts["name"] else "watch" if query.get("watch", "false").lower() in {"1", "true"} else "list"
        form = _FORM.match(self.headers.get("Accept", ""))
        bare = form is not None
        if form is not None and form[1] != "PartialObjectMetadata" + "List" * (verb == "list"):
            raise _Refusal(406, f"{form[1]} is no form of what {verb} answers")
        api.seen.append(Seen(verb, resource, parts["namespace"], parts["name"], query, bare))
        if (verb, resource) in api.forbidden:
            raise _Refusal(403, f'{resource} is forbidden: User "system:serviceaccount:test" cannot {verb} it')
        fault = api.faults[resource].popleft() if api.faults[resource] else None
        if fault is not None and fault != "gone":
            self._fail(fault)
        elif verb == "get":
            self._get(resource, parts["name"], parts["namespace"], bare)
        else:
            selection = Selection(resource, parts["namespace"], _fields(query.get("fieldSelector", ""), resource))
            if verb == "list":
                self._list(selection, query, bare)
            else:
                self._watch(selection, query, bare, gone=fault == "gone")

    def _fail(self, fault: str | int) -> None:
        self.close_connection = True
        if isinstance(fault, int):
            raise _Refusal(fault, "made to fail", after=1 if fault == 429 else None)
        if fault == "stall":
            self.server.stopped.wait()
        elif fault == "cut":
            self._start(200, {"Content-Length": "1000"})
            self.wfile.write(b'{"kind":"PodList","items":[{')
        else:
            self._send(200, None, raw=b"\x00\xff{]nonsense\n" * 100)

    def _get(self, resource: str, name: str, namespace: str, bare: bool) -> None:
        held = self.server.api.store.get(resource, name, namespace)
        if held is None:
            raise _Refusal(404, f'{resource} "{name}" not found')
        self._send(200, _bare(held) if bare else held)

    def _list(self, selection: Selection, query: dict[str, str], bare: bool) -> None:
        api = self.server.api
        items, version = api.store.list(selection)
        start = 0
        if "continue" in query:
            try:
                position = json.loads(base64.b64decode(query["continue"]))
                start, version = int(position["start"]), int(position["version"])
            except ValueError:
                raise _Refusal(400, "continue key is not valid") from None
            if version < api.store.version:
                raise _Refusal(410, "The provided continue parameter is too old")
        size = min(int(query.get("limit", "0")) or api.page, api.page)
        meta: Object = {"resourceVersion": str(version)}
        if start + size < len(items):
            meta["continue"] = base64.b64encode(
                json.dumps({"start": start + size, "version": version}).encode()
            ).decode()
        kind, group, _ = RESOURCES[selection.resource]
        shown = items[start : start + size]
        if bare:
            head = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
            self._send(200, {**head, "metadata": meta, "items": [_bare(held) for held in shown]})
            return
        # Items of a list do not repeat their kind.
        plain = [{key: value for key, value in held.items() if key not in {"kind", "apiVersion"}} for held in shown]
        head = {"kind": f"{kind}List", "apiVersion": "apps/v1" if group else "v1"}
        self._send(200, {**head, "metadata": meta, "items": plain})

    def _watch(self, selection: Selection, query: dict[str, str], bare: bool, *, gone: bool) -> None:
        store = self.server.api.store
        since = int(query.get("resourceVersion", "0"))
        seconds = float(query.get("timeoutSeconds", "1800"))
        bookmarks = query.get("allowWatchBookmarks", "false").lower() == "true"
        kind = RESOURCES[selection.resource][0]
        self._start(200, {"Transfer-Encoding": "chunked"})
        try:
            for event in store.watch(selection, 0 if gone else since, seconds):
                if event is not None:
                    self._chunk({"type": event[0], "object": _bare(event[1]) if bare else event[1]})
                elif bookmarks:
                    mark = {
                        "kind": kind,
                        "metadata": {"resourceVersion": str(store.version), "creationTimestamp": None},
                    }
                    self._chunk({"type": "BOOKMARK", "object": mark})
        except Gone:
            self._chunk({"type": "ERROR", "object": _Refusal(410, f"too old resource version: {since}").status})
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, value: Object) -> None:
        line = json.dumps(value).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.flush()

    def _start(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status: int, value: Object | None, headers: dict[str, str] | None = None, raw: bytes = b"") -> None:
        body = json.dumps(value).encode() if value is not None else raw
        self._start(status, {"Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)


def _bare(held: Object) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": held["metadata"]}


def _fields(selector: str, resource: str) -> tuple[tuple[str, str], ...]:
    fields = tuple((name, value) for name, _, value in (term.partition("=") for term in selector.split(",") if term))
    for name, _ in fields:
        if name not in RESOURCES[resource][2]:
            raise _Refusal(400, f"field label not supported: {name}")
    return fields
