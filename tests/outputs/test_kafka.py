# SPDX-License-Identifier: Apache-2.0
"""Alerts to the mock of a Kafka cluster, whose broker is away, slow, or refuses messages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from support.alert_views import View
from support.http_receiver import FAILURES, failing_server
from support.mock_kafka import MockKafka
from support.waiting import eventually

from tiercel.errors import OutputError, UsageError
from tiercel.outputs import DeliveryError, make_output
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.kafka import KafkaOutput
from tiercel.outputs.route import Route

ALERTS: Any = [View(number) for number in range(5)]
TOO_LARGE, INVALID_RECORD, NOT_LEADER, NOT_AUTHORIZED = 10, 87, 6, 29
PRODUCE, INIT_PRODUCER = 0, 22  # types of requests


@pytest.fixture(scope="module")
def cluster() -> Iterator[MockKafka]:
    made = MockKafka()
    yield made
    made.close()


@pytest.fixture
def kafka(cluster: MockKafka) -> Iterator[MockKafka]:
    """A topic without messages: those of earlier tests are skipped."""
    before = len(cluster.stored())
    stored = type(cluster).stored
    cluster.stored = lambda: stored(cluster)[before:]  # type: ignore[method-assign]
    yield cluster
    del cluster.stored  # type: ignore[method-assign]
    cluster.start()
    cluster.delay(0)


def made(kafka: MockKafka | str, **options: Any) -> Any:
    servers = kafka if isinstance(kafka, str) else kafka.servers
    options = {"topic": "alerts", "bootstrap_servers": servers, "timeout": "5", **options}
    return make_output("kafka", options, format="text")


def test_messages_with_the_host_as_key(kafka: MockKafka) -> None:
    output = made(kafka)
    assert isinstance(output, KafkaOutput)
    output.send_batch(ALERTS)
    output.send(ALERTS[0])
    output.close()
    output.close()
    assert [json.loads(message.value)["number"] for message in kafka.stored()] == [0, 1, 2, 3, 4, 0]
    assert {message.key for message in kafka.stored()} == {b"node 1"}


def test_settings_of_the_library(kafka: MockKafka) -> None:
    output = made(kafka, format="text", config={"compression.type": "gzip", "linger.ms": "0", "client.id": "x"})
    alert: Any = View(7)
    alert.hostname = "a\udcff"
    output.send(alert)
    output.close()
    assert kafka.stored() == [("a\ufffd".encode(), "alert 7 ü".encode())]


def test_a_cluster_of_its_own() -> None:
    """Each setting passes through, so tests of configurations can use the library's mock."""
    output = make_output("kafka", {"topic": "t", "config": {"test.mock.num.brokers": "2"}}, format="text")
    output.send(ALERTS[0])
    output.close()


def test_no_alert_is_lost_while_a_broker_is_down(kafka: MockKafka) -> None:
    alerts: Any = [View(number) for number in range(3000)]
    errors: list[OutputError] = []
    delivery = Delivery([Route.of(made(kafka, timeout="0.5"), "kafka")], errors.append)
    delivery.send(alerts[:1000])
    eventually(lambda: delivery.delivered)
    kafka.stop()
    delivery.send(alerts[1000:])
    eventually(lambda: errors)
    kafka.start()
    eventually(lambda: delivery.delivered == len(alerts), 60)
    delivery.close()
    assert delivery.failures == 0
    assert [*dict.fromkeys(kafka.numbers())] == [*range(3000)], "in order, and repeated at most"
    assert "kafka topic alerts: " in str(errors[0])


@pytest.mark.parametrize("code", [NOT_LEADER, NOT_AUTHORIZED])
def test_errors_that_end_lose_nothing(kafka: MockKafka, code: int) -> None:
    kafka.refuse(code, code)
    delivery = Delivery([Route.of(made(kafka), "kafka")], lambda _: None)
    delivery.send(ALERTS)
    eventually(lambda: delivery.delivered == len(ALERTS))
    delivery.close()
    assert (kafka.numbers(), delivery.failures) == ([0, 1, 2, 3, 4], 0)


@pytest.mark.parametrize(("request_type", "code"), [(INIT_PRODUCER, 31), (PRODUCE, 45)])
def test_a_fatal_error_ends_the_producer_and_not_the_output(kafka: MockKafka, request_type: int, code: int) -> None:
    """The broker refuses an idempotent producer, or reports a gap in its sequence."""
    output = made(kafka)
    if request_type == PRODUCE:
        output.send(View(100))
    kafka.refuse(code, request=request_type)
    errors: list[OutputError] = []
    delivery = Delivery([Route.of(output, "kafka")], errors.append)
    delivery.send(ALERTS)
    eventually(lambda: delivery.delivered == len(ALERTS))
    delivery.close()
    assert kafka.numbers()[-5:] == [0, 1, 2, 3, 4]
    assert delivery.failures == 0
    assert "kafka topic alerts: " in str(errors[0])


@pytest.mark.parametrize("code", [TOO_LARGE, INVALID_RECORD])
def test_messages_that_the_broker_refuses_are_lost_and_counted(kafka: MockKafka, code: int) -> None:
    output = made(kafka)
    kafka.refuse(code)
    with pytest.raises(DeliveryError) as caught:
        output.send_batch(ALERTS)
    output.close()
    assert (caught.value.delivered, caught.value.lost, caught.value.retry) == (0, 5, False)


def test_one_message_that_is_too_large(kafka: MockKafka) -> None:
    large: Any = View(9)
    large.render = lambda _: "x" * 5000
    output = made(kafka, config={"message.max.bytes": "2000"})
    with pytest.raises(DeliveryError, match="too large") as caught:
        output.send_batch([ALERTS[0], large, ALERTS[1]])
    output.close()
    assert (caught.value.delivered, caught.value.lost, caught.value.retry) == (2, 1, False)
    assert kafka.numbers() == [0, 1]


def test_a_queue_of_the_library_that_is_full(kafka: MockKafka) -> None:
    output = made(kafka, config={"queue.buffering.max.messages": "2"})
    output.send_batch(ALERTS)
    output.close()
    assert kafka.numbers() == [0, 1, 2, 3, 4]
    kafka.stop()
    output = made(kafka, config={"queue.buffering.max.messages": "2"}, timeout="0.3")
    with pytest.raises(DeliveryError) as caught:
        output.send_batch(ALERTS)
    output.close()
    assert (caught.value.delivered, caught.value.lost, caught.value.retry) == (0, 0, True)


def test_a_slow_broker_is_temporary(kafka: MockKafka) -> None:
    output = made(kafka, timeout="0.3")
    kafka.delay(3000)
    with pytest.raises(DeliveryError, match="no acknowledgement") as caught:
        output.send_batch(ALERTS)
    output.close()
    assert (caught.value.delivered, caught.value.lost, caught.value.retry) == (0, 0, True)


def test_a_secret_in_an_error_of_the_library_is_hidden(kafka: MockKafka) -> None:
    """The library reports the part of `sasl.oauthbearer.config` that it cannot read."""
    security = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "OAUTHBEARER"}
    tokens = {"enable.sasl.oauthbearer.unsecure.jwt": "true", "sasl.oauthbearer.config": "principal=me hidden=word"}
    output = made(kafka, timeout="0.3", config=security | tokens)
    with pytest.raises(DeliveryError, match="beginning at: …") as caught:
        output.send_batch(ALERTS)
    output.close()
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("failure", FAILURES)
def test_servers_that_are_no_brokers(failure: str) -> None:
    """The end of a program waits for neither of them."""
    with failing_server(failure) as url:
        secrets = {"sasl.username": "me", "sasl.password": "hidden word"}
        security = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"}
        output = made(url.rpartition("/")[2], timeout="0.4", config=secrets | security)
        errors: list[OutputError] = []
        delivery = Delivery([Route.of(output, "kafka")], errors.append)
        delivery.send(ALERTS)
        eventually(lambda: errors)
        delivery.close()
    assert (delivery.delivered, delivery.failures) == (0, len(ALERTS))
    assert "hidden word" not in f"{errors}{errors[0]}{output!r}"


def test_the_end_does_not_wait_for_a_batch() -> None:
    with failing_server("slow") as url:
        delivery = Delivery([Route.of(made(url.rpartition("/")[2], timeout="60"), "kafka")], lambda _: None)
        delivery.send(ALERTS)
        delivery.close()
    assert delivery.failures == len(ALERTS)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"topic": "a b"}, "'a b' cannot be the name of a topic"),
        ({"topic": ".."}, r"'\.\.' cannot be the name of a topic"),
        ({"bootstrap_servers": ""}, "bootstrap_servers is missing"),
        ({"timeout": "0"}, "timeout is a number of seconds"),
        ({"config": {"enable.idempotenc": "x"}}, 'No such configuration property: "enable.idempotenc"'),
        ({"config": {"acks": "x"}}, "Invalid value for configuration property"),
        ({"config": {"acks": "1"}}, "`acks` must be set to `all`"),
        ({"config": {"delivery.timeout.ms": "1"}}, "`config` cannot have delivery.timeout.ms"),
        ({"config": {"logger": "x"}}, "`config` cannot have logger, whose value is no text"),
        ({"config": {"default.topic.config": "x"}}, "default.topic.config"),
        ({"config": {"ssl.key.pem": "hidden", "security.protocol": "ssl"}}, "ssl.key.pem failed"),
        (
            {"config": {"sasl.password": "hidden", "security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN"}},
            "sasl.user",
        ),
    ],
)
def test_options_that_are_wrong(options: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=text) as caught:
        made("kafka.example.org", **options)
    assert caught.value.code == "E607"
    assert "hidden" not in str(caught.value)


def test_without_the_extra_the_error_names_it() -> None:
    code = "import sys; sys.modules['confluent_kafka'] = None\nfrom tiercel.outputs.kafka import KafkaOutput\n"
    code += "KafkaOutput('t')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'tiercel[kafka]'" in done.stderr
