# SPDX-License-Identifier: Apache-2.0
"""Classes of protobuf messages, made at run time from the rows of :mod:`tiercel.containers.engines.cri_messages`.

No generated code depends on the installed version of protobuf, and protobuf's own parser reads untrusted input.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from tiercel.containers.engines.cri_messages import Service

__all__ = ["DecodeError", "class_of", "request_of", "response_of"]

DecodeError = message.DecodeError

_Field = descriptor_pb2.FieldDescriptorProto
_TYPES: Final = {
    "text": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
    "bool": _Field.TYPE_BOOL,
    "int": _Field.TYPE_INT64,  # also of shorter ones and of enums: the same on the wire
}
_pool: Final = descriptor_pool.DescriptorPool()


def request_of(service: Service, method: str) -> Any:
    """Return the class of a method's request."""
    return class_of(service, service.methods[method].split()[0])


def response_of(service: Service, method: str) -> Any:
    """Return the class of a method's response, or of one message of a streaming response."""
    return class_of(service, service.methods[method].split()[1])


def class_of(service: Service, name: str) -> Any:
    """Return the class of a message of the service."""
    return _classes(f"{service.package}.{service.name}", tuple(service.messages.items()))[name]


@lru_cache
def _classes(package: str, messages: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Make the classes of all messages of a service, in a separate namespace."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for name, members in messages:
        described = file.message_type.add(name=name)
        for member in members.split():
            _add(described, f".{package}.", member)
    _pool.AddSerializedFile(file.SerializeToString())
    return {
        name: message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{package}.{name}")) for name, _ in messages
    }


def _add(described: descriptor_pb2.DescriptorProto, prefix: str, member: str) -> None:
    """Add the member that a row describes."""
    name, _, rest = member.partition("=")
    number, _, kind = rest.partition(":")
    field = described.field.add(name=name, number=int(number), label=_Field.LABEL_OPTIONAL)
    if kind == "map" or kind.endswith("*"):
        field.label = _Field.LABEL_REPEATED
        kind = kind.removesuffix("*")
    if kind == "map":  # on the wire: any number of messages, each with a key and a value
        entry = described.nested_type.add(name=name.title().replace("_", "") + "Entry")
        entry.options.map_entry = True
        for at, part in enumerate(("key", "value"), 1):
            entry.field.add(name=part, number=at, label=_Field.LABEL_OPTIONAL, type=_Field.TYPE_STRING)
        kind = f"{described.name}.{entry.name}"
    if kind in _TYPES or not kind:
        field.type = _TYPES[kind or "text"]
    else:
        field.type = _Field.TYPE_MESSAGE
        field.type_name = prefix + kind
