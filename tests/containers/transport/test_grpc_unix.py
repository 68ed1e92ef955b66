# SPDX-License-Identifier: Apache-2.0
"""Calls to gRPC servers that answer, that do not, and that answer nonsense."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.grpc_server import grpc_server, refuse

from tiercel.containers.engines import cri_messages as messages
from tiercel.containers.engines.cri_messages import (
    CONTAINERS,
    EVENTS,
    IMAGE_SERVICE,
    IMAGES,
    NAMESPACES,
    RUNTIME,
    Service,
)
from tiercel.containers.engines.interface import EngineAbsentError
from tiercel.containers.transport import grpc_unix as rpc
from tiercel.containers.transport import protobuf_dynamic as wire
from tiercel.containers.transport.grpc_unix import Client
from tiercel.errors import EngineError

VERSION = RUNTIME.path("Version")
STREAM = RUNTIME.path("GetContainerEvents")
SERVICES = (RUNTIME, IMAGE_SERVICE, messages.VERSION, CONTAINERS, NAMESPACES, IMAGES, EVENTS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "engine.sock"


@pytest.fixture
def client(path: Path):
    client = Client(str(path), 5)
    yield client
    client.close()


def version(request: bytes, context: object) -> bytes:
    return wire.response_of(RUNTIME, "Version")(runtime_name="fake", runtime_version="1").SerializeToString()


def test_a_method_answers(path, client):
    seen = []

    def answer(request: bytes, context) -> bytes:
        seen.append((request, dict(context.invocation_metadata()).get("name")))
        return version(request, context)

    with grpc_server(path, {VERSION: answer}):
        assert client.call(RUNTIME, "Version", (("name", "x"),), version="v1").runtime_name == "fake"
    assert seen == [(b"\x0a\x02v1", "x")]


@pytest.mark.parametrize("name", ["a b", "100%", "%41", "a?b#c", "ä", "a:b", "@"])
def test_a_path_with_any_characters(tmp_path, path, name):
    (tmp_path / name).symlink_to(path)
    client = Client(str(tmp_path / name), 5)
    with grpc_server(path, {VERSION: version}):
        assert client.call(RUNTIME, "Version").runtime_name == "fake"
    client.close()


def test_what_the_server_does_not_know_is_none(path, client):
    with grpc_server(path, {VERSION: lambda _, context: refuse(context, "NOT_FOUND")}):
        assert client.call(RUNTIME, "Version") is None


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("UNAVAILABLE", "E901"),
        ("DEADLINE_EXCEEDED", "E901"),
        ("CANCELLED", "E901"),
        ("INTERNAL", "E902"),
        ("RESOURCE_EXHAUSTED", "E902"),
        ("PERMISSION_DENIED", "E903"),
        ("UNKNOWN", "E903"),
    ],
)
def test_errors_of_the_server(path, client, status, code):
    with (
        grpc_server(path, {VERSION: lambda _, context: refuse(context, status, "x" * 300 + "\x1b no")}),
        pytest.raises(EngineError) as failed,
    ):
        client.call(RUNTIME, "Version")
    assert failed.value.code == code
    assert failed.value.text.startswith(f"{path}: ")
    assert failed.value.text.endswith("x  no")
    assert len(failed.value.text) < len(str(path)) + 300


def test_a_server_of_something_else(path, client):
    with grpc_server(path, {}), pytest.raises(EngineAbsentError) as failed:
        client.call(RUNTIME, "Version")
    assert failed.value.code == "E905"


def test_nobody_listens(path, client):
    with pytest.raises(EngineAbsentError) as absent:
        client.call(RUNTIME, "Version")
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(path))
    with pytest.raises(EngineAbsentError) as dead:
        client.call(RUNTIME, "Version")
    assert (absent.value.code, dead.value.code) == ("E901", "E901")


def test_a_path_that_no_socket_can_have(tmp_path):
    with pytest.raises(EngineError) as failed:
        Client(str(tmp_path / ("x" * 200)), 5).call(RUNTIME, "Version")
    assert failed.value.code == "E903"


def test_a_socket_that_may_not_be_opened(monkeypatch, client):
    monkeypatch.setattr(rpc, "_refused", lambda path: errno.EACCES)
    with pytest.raises(EngineError) as failed:
        client.call(RUNTIME, "Version")
    assert failed.value.code == "E903"
    assert failed.value.hint


def test_a_server_that_comes_later_is_found_at_once(path, client):
    for _ in range(5):
        with pytest.raises(EngineError):
            client.call(RUNTIME, "Version")
    for _ in range(2):
        with grpc_server(path, {VERSION: version}):
            assert client.call(RUNTIME, "Version").runtime_name == "fake"


def test_a_slow_server_costs_no_more_than_the_time_out(path):
    client = Client(str(path), 0.2)
    over = threading.Event()

    def slow(request: bytes, context) -> bytes:
        over.wait(20)
        return version(request, context)

    with grpc_server(path, {VERSION: slow}):
        with pytest.raises(EngineError) as failed:
            client.call(RUNTIME, "Version")
        over.set()
    assert failed.value.code == "E901"
    client.close()


def test_an_answer_that_is_too_long(path, client):
    with grpc_server(path, {VERSION: lambda *_: bytes(17 << 20)}), pytest.raises(EngineError) as failed:
        client.call(RUNTIME, "Version")
    assert failed.value.code == "E902"


def test_an_answer_that_is_no_message(path, client):
    with grpc_server(path, {VERSION: lambda *_: b"\xff\xff"}), pytest.raises(EngineError) as failed:
        client.call(RUNTIME, "Version")
    assert failed.value.code == "E902"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(64), b"\xff" * 4096])
def test_a_server_that_does_not_speak_grpc(path, said):
    client = Client(str(path), 1)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(16)

        def answer() -> None:
            with listening.accept()[0] as connection:
                connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(EngineError) as failed:
            client.call(RUNTIME, "Version")
        thread.join()
    assert failed.value.code in {"E901", "E902"}
    client.close()


def test_a_stream_yields_its_parts(path, client):
    def stream(request: bytes, context):
        for number in range(3):
            yield wire.response_of(RUNTIME, "GetContainerEvents")(container_id=str(number)).SerializeToString()

    with grpc_server(path, {}, {STREAM: stream}):
        assert [part.container_id for part in client.stream(RUNTIME, "GetContainerEvents")] == ["0", "1", "2"]


def test_a_stream_that_breaks(path, client):
    def stream(request: bytes, context):
        yield b""
        yield b"\xff"

    with grpc_server(path, {}, {STREAM: stream}):
        parts = client.stream(RUNTIME, "GetContainerEvents")
        assert next(parts).container_id == ""
        with pytest.raises(EngineError) as failed:
            next(parts)
    assert failed.value.code == "E902"


def test_close_ends_calls_and_streams(path, client):
    waiting = threading.Event()
    over = threading.Event()

    def stream(request: bytes, context):
        waiting.set()
        over.wait(20)
        yield b""

    codes = []

    def use() -> None:
        try:
            list(client.stream(RUNTIME, "GetContainerEvents"))
        except EngineError as error:
            codes.append(error.code)

    with grpc_server(path, {}, {STREAM: stream}):
        thread = threading.Thread(target=use)
        thread.start()
        assert waiting.wait(10)
        client.close()
        thread.join(10)
        assert not thread.is_alive()
        over.set()
    assert codes == ["E901"]
    with pytest.raises(EngineError):
        client.call(RUNTIME, "Version")


def test_calls_of_many_threads_while_the_server_comes_and_goes(path, client):
    over = threading.Event()
    answers, errors = [], []

    def use() -> None:
        while not over.is_set():
            call_again()

    def call_again() -> None:
        try:
            answers.append(client.call(RUNTIME, "Version").runtime_name)
        except EngineError as error:
            errors.append(error.code)
            time.sleep(0.01)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        with grpc_server(path, {VERSION: version}):
            seen = len(answers)
            deadline = time.monotonic() + 20
            while len(answers) == seen and time.monotonic() < deadline:
                time.sleep(0.01)
            assert len(answers) > seen
    over.set()
    for thread in threads:
        thread.join()
    assert set(answers) == {"fake"}
    assert set(errors) <= {"E901"}


@pytest.mark.parametrize("missing", ["grpc", "google.protobuf"])
def test_without_the_packages_it_says_what_to_install(path, missing):
    code = f"""
import sys
sys.modules[{missing!r}] = None
from tiercel.containers.engines.containerd import ContainerdEngine
from tiercel.containers.engines.cri import CriEngine
from tiercel.errors import EngineError

for kind in (CriEngine, ContainerdEngine):
    engine = kind({str(path)!r}, 100)
    for call in (engine.version, lambda: engine.lookup("ab" * 32), lambda: list(engine.events())):
        try:
            call()
        except EngineError as error:
            print(error.code, error.hint)
    engine.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout.splitlines(), done.stderr) == (['E904 pip install "tiercel[cri]"'] * 6, "")


def test_grpc_itself_says_nothing(path):
    """Only what we say is on stderr, whatever servers do, and the environment is as it was."""
    code = f"""
import os, socket, threading
from tiercel.containers.engines.cri_messages import RUNTIME
from tiercel.containers.transport.grpc_unix import Client
from tiercel.errors import EngineError

listening = socket.socket(socket.AF_UNIX)
listening.bind({str(path)!r})
listening.listen()

def answer():  # settings, then "go away"
    connection = listening.accept()[0]
    connection.sendall(bytes.fromhex("000000040000000000" "000008070000000000" "0000000000000002"))
    connection.recv(1000)
    connection.close()

threading.Thread(target=answer).start()
try:
    Client({str(path)!r}, 1).call(RUNTIME, "Version")
except EngineError as error:
    print(error.code, "GRPC_VERBOSITY" in os.environ)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == ("E901 False\n", "")


def test_a_fork_does_not_wait_for_a_stream(path):
    """As it would with gRPC's own fork handlers, here enabled by the environment."""
    code = f"""
import os, threading, warnings
from tiercel.containers.engines.cri_messages import RUNTIME
from tiercel.containers.transport.grpc_unix import Client
from tiercel.errors import EngineError

client = Client({str(path)!r}, 20)

def follow():
    try:
        list(client.stream(RUNTIME, "GetContainerEvents"))
    except EngineError as error:
        print(error.code)

thread = threading.Thread(target=follow)
thread.start()
client.call(RUNTIME, "Version")
warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of any fork beside threads, from 3.12 on
child = os.fork()
if child == 0:
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
client.call(RUNTIME, "Version")
client.close()
thread.join()
print(os.environ["GRPC_ENABLE_FORK_SUPPORT"])
"""
    over = threading.Event()

    def stream(request: bytes, context):
        over.wait(30)
        yield b""

    environment = {**os.environ, "GRPC_ENABLE_FORK_SUPPORT": "1"}
    with grpc_server(path, {VERSION: version}, {STREAM: stream}):
        try:
            done = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, env=environment
            )
        finally:
            over.set()
    assert (done.stdout.split(), done.stderr) == (["7", "E901", "1"], "")


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: f"{service.package}.{service.name}")
def test_every_row_makes_a_class(service: Service):
    named = {name for pair in service.methods.values() for name in pair.split()}
    assert named <= set(service.messages)
    for name in service.messages:
        made = wire.class_of(service, name)()
        assert made.DESCRIPTOR.name == name
        assert made.SerializeToString() == b""


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.binary(max_size=200), service=st.sampled_from(SERVICES))
def test_any_bytes_are_read_or_refused(content: bytes, service: Service):
    for method in service.methods:
        with contextlib.suppress(wire.DecodeError):
            wire.response_of(service, method).FromString(content)


def part(number: int, content: bytes) -> bytes:
    """A member of a message on the wire: text, bytes, message."""
    return bytes([number << 3 | 2, len(content)]) + content


def test_members_have_the_numbers_of_the_protocol():
    """A container's status as an engine sends it, with members that no row has."""
    content = (
        part(1, b"abc")
        + part(2, part(1, b"nginx") + b"\x10\x01")  # metadata: name, attempt
        + b"\x18\x01\x20\x80\x01"  # state, created_at
        + part(8, part(1, b"busybox"))
        + part(9, b"busybox@sha256:00")
        + part(12, part(1, b"a") + part(2, b"b"))
    )
    status = wire.class_of(RUNTIME, "ContainerStatus").FromString(content)
    assert (status.id, status.metadata.name, status.created_at) == ("abc", "nginx", 128)
    assert (status.image.image, status.image_ref) == ("busybox", "busybox@sha256:00")
    assert dict(status.labels) == {"a": "b"}
