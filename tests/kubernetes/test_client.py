# SPDX-License-Identifier: Apache-2.0
"""The client of the API server: no connection outlives its use, whatever ends it."""

from __future__ import annotations

import gc
import select
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from support.kube_api import ApiServer
from support.waiting import eventually

from tiercel.kubernetes.client import ApiError, Client
from tiercel.kubernetes.settings import KubernetesSettings


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    with ApiServer(tmp_path / "api") as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture
def client(server: ApiServer) -> Iterator[Client]:
    made = Client(KubernetesSettings(account=str(server.account)))
    yield made
    made.close()


def test_a_connection_in_use_while_the_account_is_forgotten_is_closed_after_it(
    server: ApiServer, client: Client
) -> None:
    version = str(server.store.version)
    changes = client.watch("pods", "", version, 30)
    next(changes)
    client.forget()
    server.store.close()  # ends the watch, but no connection
    assert [change["type"] for change in changes if change["type"] != "BOOKMARK"] == []
    eventually(lambda: server.connected == 0)
    gc.collect()  # a socket that was not closed would be a failure


def reset(sock: socket.socket, listener: socket.socket) -> None:
    """Accept a connection and reset it; return when the client's end has noticed."""
    accepted, _ = listener.accept()
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    accepted.close()
    poller = select.poll()
    poller.register(sock, 0)
    assert poller.poll(30_000)


def test_a_reset_before_tls_begins(server: ApiServer, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that stops resets connections that it has not accepted.

    CPython 3.11 leaves that socket to its finalizer, which warns; no other warning of the kind is ignored.
    """
    connect = urllib3.connection.HTTPSConnection._new_conn
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def connected(connection: urllib3.connection.HTTPSConnection) -> socket.socket:
            sock = connect(connection)
            reset(sock, listener)
            return sock

        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(listener.getsockname()[1]))
        monkeypatch.setattr(urllib3.connection.HTTPSConnection, "_new_conn", connected)
        with pytest.raises(ApiError) as error:
            client.list("pods")
        assert error.value.code == "E901"
    del error
    gc.collect()
