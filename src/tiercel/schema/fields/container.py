# SPDX-License-Identifier: Apache-2.0
"""``container.*`` and ``k8s.*``: container and pod of the process, as in Falco's container plugin."""

from __future__ import annotations

from collections.abc import Iterator

from tiercel.schema.types import Field, T, ValueType

_UNKNOWN = "the container is not known to its engine, or not yet"
_RETIRED = "it has no value in Falco any more"
_NO_LABEL = "there is no such label"
_KEY = "A key is a regular expression that may match anywhere; the first mount counts."


def _detail(
    name: str,
    doc: str,
    vtype: ValueType = T.CHARBUF,
    *,
    metadata: str = "",
    multi: str | None = None,
    cost: int = 3,
    suggested: bool = False,
) -> Field:
    return Field(
        f"container.{name}",
        vtype,
        doc,
        multi=multi,
        cost=cost,
        suggested=suggested,
        metadata=metadata or name,
        missing_when=_UNKNOWN,
    )


def _checks() -> Iterator[Field]:
    for probe in ("healthcheck", "liveness_probe", "readiness_probe"):
        word = probe.replace("_", " ").replace("healthcheck", "health check")
        yield Field(
            f"container.{probe}",
            T.CHARBUF,
            f"The command of the container's {word}.",
            deprecated=_RETIRED,
            metadata=probe,
            cost=4,
            missing_when=f"there is no {word}, or its command is not known",
        )
        yield Field(
            f"proc.is_container_{probe}",
            T.BOOL,
            f"The process was started from outside of the container as its {word}, or by one that was.",
            deprecated=_RETIRED,
            metadata=probe,
            cost=2,
            missing_when=f"{_UNKNOWN}, or the event is one of a capture",
            module="container",
        )


_CONTAINER = (
    Field(
        "container.id",
        T.CHARBUF,
        "First 12 characters of the container's id, taken from the control group; `host` outside of containers.",
        cost=2,
        suggested=True,
        missing_when="the process is not known",
    ),
    _detail("full_id", "The container's whole id; `host` outside of containers."),
    _detail("name", "The container's name; `host` outside of containers.", suggested=True),
    _detail(
        "type",
        "The engine that runs it: docker, podman, containerd, cri-o and others; `host` outside of containers.",
    ),
    _detail("image", "The image as the engine names it."),
    _detail("image.id", "The image's id."),
    _detail("image.repository", "The image's name without tag and digest.", suggested=True),
    _detail("image.tag", "The image's tag.", suggested=True),
    _detail("image.digest", "The image's digest in the registry, `sha256:...`."),
    _detail("privileged", "The container is privileged.", T.BOOL),
    _detail("host_pid", "The container shares the host's pid namespace.", T.BOOL),
    _detail("host_network", "The container shares the host's network namespace.", T.BOOL),
    _detail("host_ipc", "The container shares the host's ipc namespace.", T.BOOL),
    _detail("ip", "The container's first IPv4 address."),
    _detail("cni.json", "The result of the pod's network setup, JSON."),
    _detail("mounts", "Mounts, `source:destination:mode:rw:propagation` with commas between them.", cost=5),
    *(
        Field(
            f"container.mount{name}",
            T.CHARBUF,
            doc,
            arg="index_or_key",
            cost=5,
            metadata="mounts",
            pattern=True,
            missing_when="there is no such mount",
        )
        for name, doc in (
            ("", f"One mount, by number or source. {_KEY}"),
            (".source", f"Source of one mount, by number or destination. {_KEY}"),
            (".dest", f"Destination of one mount, by number or source. {_KEY}"),
            (".mode", f"Mode of one mount, by number or source. {_KEY}"),
            (".rdwr", f"`true` if one mount, by number or source, can be written to, otherwise `false`. {_KEY}"),
            (".propagation", f"Propagation of one mount, by number or source. {_KEY}"),
        )
    ),
    Field(
        "container.label",
        T.CHARBUF,
        "One label of the container.",
        arg="key",
        cost=4,
        metadata="labels",
        missing_when=_NO_LABEL,
    ),
    _detail(
        "labels",
        "Labels in the order of their names, `name:value`, with a comma and a blank between them; "
        "without `annotation.*` and `io.kubernetes.*`.",
        cost=5,
    ),
    _detail("user", "The user that the container is started as, as configured; a field of our own."),
    _detail("env", "The environment that is configured, `NAME=value` each; a field of our own.", multi="list", cost=5),
    _detail("capabilities", "The capabilities that it was given; a field of our own.", multi="list", cost=5),
    Field(
        "container.start_ts",
        T.ABSTIME,
        "Start of the first process of the container's pid namespace, nanoseconds since 1970.",
        missing_when="the process is on the host, or that start is not known",
    ),
    Field(
        "container.duration",
        T.RELTIME,
        "Nanoseconds since the first process of the container's pid namespace started.",
        missing_when="the process is on the host, or that start is not known",
    ),
)

_POD = (
    *(
        Field(
            f"k8s.{name}",
            T.CHARBUF,
            doc,
            arg="key" if name == "pod.label" else "none",
            cost=4,
            suggested=name in {"pod.name", "ns.name"},
            metadata=metadata,
            missing_when=_NO_LABEL if name == "pod.label" else "the process is not in a pod",
            module="container",
        )
        for name, metadata, doc in (
            ("ns.name", "pod.namespace", "Namespace of the pod."),
            ("pod.name", "pod.name", "Name of the pod."),
            ("pod.id", "pod.uid", "The same as `k8s.pod.uid`."),
            ("pod.uid", "pod.uid", "Unique id of the pod."),
            ("pod.label", "pod.labels", "One label of the pod."),
        )
    ),
    *(
        Field(
            f"k8s.{name}",
            T.CHARBUF,
            f"{doc} Empty outside of containers.",
            cost=cost,
            metadata=metadata,
            missing_when=missing,
            module="container",
        )
        for name, metadata, doc, cost, missing in (
            ("pod.sandbox_id", "pod.sandbox_id", "First 12 characters of the id of the pod's sandbox.", 3, _UNKNOWN),
            ("pod.full_sandbox_id", "pod.sandbox_id", "Id of the pod's sandbox.", 3, _UNKNOWN),
            ("pod.labels", "pod.labels", "Labels of the pod, in the form of `container.labels`.", 5, _UNKNOWN),
            ("pod.ip", "pod.ip", "Address of the pod.", 3, "it is not known"),
            ("pod.cni.json", "pod.cni.json", "The result of the pod's network setup, JSON.", 3, "it is not known"),
        )
    ),
)

FIELDS = (*_CONTAINER, *_POD, *_checks())
