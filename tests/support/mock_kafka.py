# SPDX-License-Identifier: Apache-2.0
"""Cluster of Kafka brokers in this process: the mock of librdkafka, whose brokers can be stopped and started."""

from __future__ import annotations

import ctypes
import json
from pathlib import Path
from typing import Any, NamedTuple

import confluent_kafka

_PRODUCER = 0


class Stored(NamedTuple):
    key: bytes
    value: bytes


def _library() -> ctypes.CDLL:
    """Return the library that the package contains, with the types of the functions in use."""
    folder = Path(confluent_kafka.__file__).parent.with_name("confluent_kafka.libs")
    (path,) = folder.glob("librdkafka-*.so*")
    library = ctypes.CDLL(str(path))
    library.rd_kafka_conf_new.restype = ctypes.c_void_p
    library.rd_kafka_conf_set.argtypes = [ctypes.c_void_p, *[ctypes.c_char_p] * 3, ctypes.c_size_t]
    library.rd_kafka_new.restype = ctypes.c_void_p
    library.rd_kafka_new.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    library.rd_kafka_destroy.argtypes = [ctypes.c_void_p]
    library.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_new.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.rd_kafka_mock_cluster_destroy.argtypes = [ctypes.c_void_p]
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    library.rd_kafka_mock_cluster_bootstraps.argtypes = [ctypes.c_void_p]
    library.rd_kafka_mock_topic_create.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
    for name in ("set_down", "set_up"):
        getattr(library, f"rd_kafka_mock_broker_{name}").argtypes = [ctypes.c_void_p, ctypes.c_int32]
    library.rd_kafka_mock_broker_set_rtt.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int]
    library.rd_kafka_mock_push_request_errors_array.argtypes = [
        ctypes.c_void_p, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(ctypes.c_int),
    ]  # fmt: skip
    return library


class MockKafka:
    """Cluster with one topic of one partition."""

    def __init__(self, topic: str = "alerts", brokers: int = 1) -> None:
        self.topic = topic
        self._brokers = range(1, brokers + 1)
        self._library = _library()
        conf = self._library.rd_kafka_conf_new()
        self._library.rd_kafka_conf_set(conf, b"log_level", b"0", None, 0)
        self._handle = self._library.rd_kafka_new(_PRODUCER, conf, None, 0)
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._handle, brokers)
        self._library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), 1, brokers)

    @property
    def servers(self) -> str:
        return str(self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode())

    def stop(self) -> None:
        for broker in self._brokers:
            self._library.rd_kafka_mock_broker_set_down(self._cluster, broker)

    def start(self) -> None:
        for broker in self._brokers:
            self._library.rd_kafka_mock_broker_set_up(self._cluster, broker)

    def delay(self, milliseconds: int) -> None:
        """Delay all responses."""
        for broker in self._brokers:
            self._library.rd_kafka_mock_broker_set_rtt(self._cluster, broker, milliseconds)

    def refuse(self, *codes: int, request: int = 0) -> None:
        """Respond to the next requests, of producers by default, with error codes."""
        array = (ctypes.c_int * len(codes))(*codes)
        self._library.rd_kafka_mock_push_request_errors_array(self._cluster, request, len(codes), array)

    def stored(self) -> list[Stored]:
        """Return the messages of the topic in their order."""
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.servers, "group.id": "test", "log_level": "0"})
        partition = confluent_kafka.TopicPartition(self.topic, 0, 0)
        consumer.assign([partition])
        found: list[Stored] = []
        try:
            _, high = consumer.get_watermark_offsets(partition, timeout=10)
            while len(found) < high:
                message = consumer.poll(10)
                assert message is not None
                assert message.error() is None, message.error()
                found.append(Stored(message.key() or b"", message.value() or b""))
        finally:
            consumer.close()
        return found

    def numbers(self) -> list[Any]:
        """Return the numbers of the alerts in the messages."""
        return [json.loads(message.value)["number"] for message in self.stored()]

    def close(self) -> None:
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._handle)
