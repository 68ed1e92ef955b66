# SPDX-License-Identifier: Apache-2.0
"""Output to Apache Kafka, on top of confluent-kafka (the extra ``tiercel[kafka]``)."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from tiercel.errors import UsageError
from tiercel.escaping import readable
from tiercel.outputs.base import AlertView, DeliveryError
from tiercel.schema.alert_formats import AlertFormat

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Producer

    Report: TypeAlias = Callable[[KafkaError | None, object], None]

__all__ = ["KafkaOutput"]

_TOPIC: Final = re.compile(r"(?!\.\.?$)[a-zA-Z0-9._-]{1,249}")
_DEFAULTS: Final = {
    "client.id": "tiercel",
    "enable.idempotence": "true",
    "log_level": "0",  # the errors that matter are part of the reports of failures
}
_SERVERS: Final = frozenset({"bootstrap.servers", "metadata.broker.list", "test.mock.num.brokers"})
_TIMEOUTS: Final = frozenset({"delivery.timeout.ms", "message.timeout.ms"})
_NO_TEXTS: Final = frozenset(
    {"default.topic.config", "logger", "error_cb", "stats_cb", "throttle_cb", "oauth_cb", "on_delivery"}
)
_SECRET: Final = re.compile(r"password|secret|pem|token|oauthbearer\.config")
_OAUTH: Final = "sasl.oauthbearer."  # a client with these settings requests a token when it is created
_SETTINGS: Final = "`config` has the settings of librdkafka, which its page CONFIGURATION.md lists"
_SLICE: Final = 0.1  # seconds of one poll
_MARGIN: Final = 5.0  # seconds after the timeout until the library gives up by itself


class KafkaOutput:
    """Output that produces one message for each alert, with the host name as its key.

    An alert counts as delivered when the broker has acknowledged it. The producer is idempotent, so the retries of the
    library store no message twice. A message without an acknowledgement in time is produced again later, and may be
    stored twice. A message that is too large, or invalid for the broker, is lost and counted.
    """

    remote = lazy = True
    name: ClassVar[str] = "kafka"
    default_format: ClassVar[AlertFormat] = "falco"

    def __init__(
        self,
        topic: str,
        *,
        format: AlertFormat = "falco",
        bootstrap_servers: str = "",
        timeout: float = 10.0,
        config: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare a producer; the first alert opens connections.

        Args:
            topic: name of the topic.
            format: format of the messages.
            bootstrap_servers: addresses of brokers, ``HOST:PORT``, with commas.
            timeout: seconds until the brokers acknowledge the messages of a batch.
            config: settings of librdkafka.

        Raises:
            UsageError: E607, an argument or setting has a wrong value; E608, confluent-kafka is not installed.
        """
        try:
            import confluent_kafka
        except ImportError as error:
            hint = "pip install 'tiercel[kafka]'"
            raise UsageError("E608", "the output kafka needs confluent-kafka", hint=hint) from error
        self._library = confluent_kafka
        given = dict(config or {})
        _check(topic, timeout, bootstrap_servers, given)
        servers = {"bootstrap.servers": bootstrap_servers} if bootstrap_servers else {}
        self._config: dict[str, str] = {
            **_DEFAULTS,
            **servers,
            **given,
            "message.timeout.ms": str(round((timeout + _MARGIN) * 1000)),
        }
        self._topic = topic
        self._format: AlertFormat = format
        self._timeout = timeout
        self._producer: Producer | None = None
        self._client_error = ""
        errors = confluent_kafka.KafkaError
        self._permanent = frozenset({errors.MSG_SIZE_TOO_LARGE, errors.INVALID_RECORD})
        self._purged = frozenset({errors._PURGE_QUEUE, errors._PURGE_INFLIGHT})
        try:
            self._create({key: value for key, value in self._config.items() if _is_local(key)})
        except confluent_kafka.KafkaException as error:
            raise UsageError("E607", f"kafka: {self._text(error.args[0])}", hint=_SETTINGS) from error

    def send(self, alert: AlertView) -> None:
        """Produce one message."""
        self.send_batch((alert,))

    def send_batch(self, alerts: Sequence[AlertView]) -> None:
        """Produce messages, and wait for their acknowledgements."""
        if self._producer is None:
            try:
                self._producer = self._create(self._config)
            except self._library.KafkaException as error:
                raise DeliveryError(f"kafka: {self._text(error.args[0])}") from error
        batch = _Batch(len(alerts))
        until = time.monotonic() + self._timeout
        try:
            for number, alert in enumerate(alerts):
                self._produce(self._producer, alert, partial(batch.report, number), until)
            self._wait(self._producer, batch, until)
        except self._library.KafkaException as error:  # a fatal one: any call raises it, and this producer has ended
            self._client_error = self._text(error.args[0])
            self.close()  # the next attempt creates another one
        self._judge(batch)

    def close(self) -> None:
        """Close the connections; a message without an acknowledgement has been reported as failed."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(self._library.KafkaException):  # a fatal error again
                producer.purge()
                producer.flush(_SLICE)

    def _create(self, config: Mapping[str, str]) -> Producer:
        return self._library.Producer({**config, "error_cb": self._on_error})

    def _on_error(self, error: KafkaError) -> None:
        self._client_error = self._text(error)

    def _produce(self, producer: Producer, alert: AlertView, report: Report, until: float) -> None:
        key, value = readable(alert.hostname).encode(), alert.render(self._format).encode()
        while True:
            try:
                producer.produce(self._topic, value=value, key=key, on_delivery=report)
            except BufferError:  # the queue of the library is full
                if time.monotonic() < until:
                    producer.poll(_SLICE)
                    continue
                report(self._library.KafkaError(self._library.KafkaError._QUEUE_FULL), None)
            except self._library.KafkaException as error:
                if error.args[0].code() not in self._permanent:
                    raise
                report(error.args[0], None)
            return

    def _wait(self, producer: Producer, batch: _Batch, until: float) -> None:
        """Wait for acknowledgements; after the timeout give up all messages at once, to keep their order."""
        while batch.pending and time.monotonic() < until:
            producer.poll(_SLICE)
        if batch.pending:
            self.close()  # the next attempt creates another producer

    def _judge(self, batch: _Batch) -> None:
        """Raise the result of a batch: the alerts before the first one that needs a retry are finished."""
        delivered = lost = 0
        failure = ""
        retry = False
        for number, error in enumerate(batch.results):
            if number in batch.pending or (error is not None and error.code() not in self._permanent):
                retry = True
                failure = "no acknowledgement"
                if error is not None and error.code() not in self._purged:
                    failure = self._text(error)
                failure = f"{failure} ({self._client_error})" if self._client_error else failure
                break
            delivered += error is None
            lost += error is not None
            failure = failure or (self._text(error) if error is not None else "")
        self._client_error = ""
        if failure:
            text = f"kafka topic {self._topic}: {failure}"
            raise DeliveryError(text, delivered=delivered, lost=lost, retry=retry)

    def _text(self, error: KafkaError) -> str:
        """Return the text of an error without secrets."""
        text = error.str() or error.name()
        for key, value in self._config.items():
            if _SECRET.search(key):
                for part in (value, *value.split()):
                    text = text.replace(part, "…") if part else text
        return text


class _Batch:
    """Results of the messages of one batch, by number."""

    def __init__(self, size: int) -> None:
        self.results: list[KafkaError | None] = [None] * size
        self.pending = set(range(size))

    def report(self, number: int, error: KafkaError | None, _message: object) -> None:
        self.results[number] = error
        self.pending.discard(number)


def _check(topic: str, timeout: float, servers: str, config: Mapping[str, str]) -> None:
    """Check what the library accepts, but the output does not."""
    if not _TOPIC.fullmatch(topic):
        hint = "1 to 249 letters, digits and any of . _ -"
        raise UsageError("E607", f"kafka: {topic!r} cannot be the name of a topic", hint=hint)
    if not 0.1 <= timeout <= 3600:
        raise UsageError("E607", "kafka: timeout is a number of seconds from 0.1 to 3600")
    if not servers and config.keys().isdisjoint(_SERVERS):
        hint = "for example `bootstrap_servers: kafka.example.org:9092`"
        raise UsageError("E607", "kafka: bootstrap_servers is missing", hint=hint)
    for key in config:
        if key in _TIMEOUTS:
            raise UsageError("E607", f"kafka: `config` cannot have {key}", hint="use the option `timeout`")
        if key in _NO_TEXTS:
            raise UsageError("E607", f"kafka: `config` cannot have {key}, whose value is no text", hint=_SETTINGS)


def _is_local(key: str) -> bool:
    """Return whether a producer with this setting uses no network before its first message."""
    return key not in _SERVERS and not key.startswith(_OAUTH)
