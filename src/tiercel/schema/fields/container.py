# SPDX-License-Identifier: Apache-2.0
"""``container.*`` and ``k8s.*``: where the process runs, as Falco's container plugin tells it."""

from __future__ import annotations

from collections.abc import Iterator

from tiercel.schema.types import Field, T, ValueType

_ENGINE = "no container engine is asked for details: only `container.id` is known"
_INSIDE = "no container engine is asked for details, which are known outside of containers only"
_UNKNOWN = "the process is in a container"
_NEVER = "it never had a value since probes are not told apart"
_NO_LABEL = "there is no such label"


def _detail(name: str, doc: str, vtype: ValueType = T.CHARBUF, *, suggested: bool = False) -> Field:
    return Field(
        f"container.{name}",
        vtype,
        doc,
        cost=3,
        suggested=suggested,
        pending=_INSIDE,
        partial=True,
        missing_when=_UNKNOWN,
    )


def _retired() -> Iterator[Field]:
    for probe in ("healthcheck", "liveness_probe", "readiness_probe"):
        word = probe.replace("_", " ")
        yield Field(
            f"container.{probe}",
            T.CHARBUF,
            f"The container's {word}.",
            deprecated=_NEVER,
            pending=_NEVER,
            missing_when="always",
        )
        yield Field(
            f"proc.is_container_{probe}",
            T.BOOL,
            f"The process is the container's {word}.",
            deprecated=_NEVER,
            pending=_NEVER,
            missing_when="always",
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
    _detail("mounts", "Mounts, `source:destination:mode:rw:propagation` with commas between them."),
    *(
        Field(
            f"container.mount{name}",
            T.CHARBUF,
            doc,
            arg="index_or_key",
            cost=5,
            pending=_ENGINE,
            missing_when="there is no such mount",
        )
        for name, doc in (
            ("", "One mount, by number or source."),
            (".source", "Source of one mount, by number or destination."),
            (".dest", "Destination of one mount, by number or source."),
            (".mode", "Mode of one mount, by number or source."),
            (".rdwr", "`true` if one mount, by number or source, can be written to, otherwise `false`."),
            (".propagation", "Propagation of one mount, by number or source."),
        )
    ),
    Field(
        "container.label",
        T.CHARBUF,
        "One label of the container.",
        arg="key",
        cost=4,
        pending=_ENGINE,
        missing_when=_NO_LABEL,
    ),
    _detail("labels", "Labels, `name:value` with commas between them."),
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
            pending=_ENGINE,
            missing_when=_NO_LABEL if name == "pod.label" else "the process is not in a pod",
        )
        for name, doc in (
            ("ns.name", "Namespace of the pod."),
            ("pod.name", "Name of the pod."),
            ("pod.id", "The same as `k8s.pod.uid`."),
            ("pod.uid", "Unique id of the pod."),
            ("pod.label", "One label of the pod."),
        )
    ),
    *(
        Field(
            f"k8s.{name}",
            T.CHARBUF,
            f"{doc} Empty outside of containers.",
            cost=3,
            pending=_INSIDE,
            partial=True,
            missing_when=_UNKNOWN,
        )
        for name, doc in (
            ("pod.sandbox_id", "First 12 characters of the id of the pod's sandbox."),
            ("pod.full_sandbox_id", "Id of the pod's sandbox."),
            ("pod.labels", "Labels of the pod, `name:value` with commas between them."),
            ("pod.ip", "Address of the pod."),
            ("pod.cni.json", "The result of the pod's network setup, JSON."),
        )
    ),
)

FIELDS = (*_CONTAINER, *_POD, *_retired())
