# SPDX-License-Identifier: Apache-2.0
"""``k8smeta.*``: pod of the process and its owners, as in Falco's k8smeta plugin; older names of these fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tiercel.schema.types import Field, T

_UNKNOWN: Final = "the process is in no pod, or metadata from the API server is missing"
_OBJECTS: Final = (
    ("pod", "the pod"),
    ("ns", "the pod's namespace"),
    ("deployment", "the deployment that the pod belongs to"),
    ("svc", "the services that select the pod"),
    ("rs", "the replica set that the pod belongs to"),
    ("rc", "the replication controller that the pod belongs to"),
)


def _fields() -> Iterator[Field]:
    for kind, what in _OBJECTS:
        is_many = kind == "svc"
        several = "list" if is_many else None
        for name, doc in (("name", "Names" if is_many else "Name"), ("uid", "Unique ids" if is_many else "Unique id")):
            yield Field(
                f"k8smeta.{kind}.{name}",
                T.CHARBUF,
                f"{doc} of {what}.",
                multi=several,
                metadata=f"k8smeta.{kind}.{name}",
                cost=4,
                missing_when=_UNKNOWN,
            )
        yield Field(
            f"k8smeta.{kind}.label",
            T.CHARBUF,
            f"One label of {what}.",
            arg="key",
            multi=several,
            metadata=f"k8smeta.{kind}.labels",
            cost=4,
            missing_when="there is no such label",
        )
        yield Field(
            f"k8smeta.{kind}.labels",
            T.CHARBUF,
            f"Labels of {what}, `name:value` each.",
            multi="list",
            metadata=f"k8smeta.{kind}.labels",
            cost=5,
            missing_when="there are none",
        )
    yield Field(
        "k8smeta.pod.ip",
        T.CHARBUF,
        "Address of the pod.",
        metadata="k8smeta.pod.ip",
        cost=4,
        missing_when="the pod has none yet",
    )


def _old_fields() -> Iterator[Field]:
    for kind, what in _OBJECTS[1:]:
        for name, new, doc in (
            ("name", "name", "Name"),
            ("id", "uid", "Unique id"),
            ("label", "label", "One label"),
            ("labels", "labels", "Labels"),
        ):
            if (kind, name) == ("ns", "name"):  # a label of the container has it, and Falco still uses it
                continue
            yield Field(
                f"k8s.{kind}.{name}",
                T.CHARBUF,
                f"{doc} of {what}{', with commas between them' if kind == 'svc' or name == 'labels' else ''}.",
                arg="key" if name == "label" else "none",
                metadata=f"k8smeta.{kind}.{'labels' if name == 'label' else new}",
                deprecated=f"use `k8smeta.{kind}.{new}`",
                cost=5,
                missing_when=_UNKNOWN,
                module="k8smeta",
            )


FIELDS = (*_fields(), *_old_fields())
