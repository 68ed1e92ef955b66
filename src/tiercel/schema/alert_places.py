# SPDX-License-Identifier: Apache-2.0
"""Place of each field in the schemas of alerts: OCSF 1.8 (Detection Finding) and ECS 9.

Of several rows with the same place, the first whose field has a fitting value is used. Fields without a place, or with
a value of another type, keep their own name: below ``unmapped`` in OCSF and ``labels`` in ECS.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from tiercel.frozen import frozen

__all__ = ["PLACES", "Kind", "Place"]

Kind: TypeAlias = Literal["text", "path", "number", "port", "address", "flag", "instant"]
"""Type of a value: ``path`` is an absolute path, ``instant`` a number of nanoseconds since 1970 (UTC)."""


@frozen
class Place:
    """One field with its places.

    Attributes:
        field: name of the field.
        kind: type of the value.
        ocsf: path of the attribute in OCSF, ``evidences`` and ``resources`` being lists of one object; empty: none.
        ecs: path of the field in ECS; ``[]`` at the end means a list. Empty: none.
    """

    field: str
    kind: Kind
    ocsf: str
    ecs: str


_PROCESS: Final = "evidences.process"
_PARENT: Final = f"{_PROCESS}.parent_process"
_FILE: Final = "evidences.file"
_CONTAINER: Final = "evidences.container"

PLACES: Final = (
    Place("evt.num", "number", "metadata.sequence", "event.sequence"),
    Place("evt.type", "text", "", "event.action"),
    Place("suppressed.count", "number", "count", ""),
    Place("suppressed.first", "instant", "start_time", "event.start"),
    Place("suppressed.last", "instant", "end_time", "event.end"),
    Place("proc.pid", "number", f"{_PROCESS}.pid", "process.pid"),
    Place("proc.vpid", "number", "", "process.vpid"),
    Place("proc.name", "text", f"{_PROCESS}.name", "process.name"),
    Place("proc.exepath", "path", f"{_PROCESS}.path", "process.executable"),
    Place("proc.cmdline", "text", f"{_PROCESS}.cmd_line", "process.command_line"),
    Place("proc.cwd", "path", f"{_PROCESS}.working_directory", "process.working_directory"),
    Place("proc.pid.ts", "instant", f"{_PROCESS}.created_time", "process.start"),
    Place("proc.sid", "number", "", "process.session_leader.pid"),
    Place("proc.sid.exepath", "path", "", "process.session_leader.executable"),
    Place("proc.pgid", "number", "", "process.group_leader.pid"),
    Place("proc.pgid.exepath", "path", "", "process.group_leader.executable"),
    Place("thread.tid", "number", f"{_PROCESS}.tid", "process.thread.id"),
    Place("proc.ppid", "number", f"{_PARENT}.pid", "process.parent.pid"),
    Place("proc.pvpid", "number", "", "process.parent.vpid"),
    Place("proc.pname", "text", f"{_PARENT}.name", "process.parent.name"),
    Place("proc.pexepath", "path", f"{_PARENT}.path", "process.parent.executable"),
    Place("proc.pcmdline", "text", f"{_PARENT}.cmd_line", "process.parent.command_line"),
    Place("proc.ppid.ts", "instant", f"{_PARENT}.created_time", "process.parent.start"),
    Place("user.uid", "text", f"{_PROCESS}.user.uid", "user.id"),
    Place("user.name", "text", f"{_PROCESS}.user.name", "user.name"),
    Place("group.gid", "text", "", "group.id"),
    Place("group.name", "text", "", "group.name"),
    Place("fd.name", "path", f"{_FILE}.path", "file.path"),
    Place("fs.path.name", "path", f"{_FILE}.path", "file.path"),
    Place("evt.abspath", "path", f"{_FILE}.path", "file.path"),
    Place("fd.filename", "text", f"{_FILE}.name", "file.name"),
    Place("fd.directory", "path", f"{_FILE}.parent_folder", "file.directory"),
    Place("fd.ino", "text", f"{_FILE}.uid", "file.inode"),
    Place("fs.path.target", "path", "", "file.target_path"),
    Place("fd.l4proto", "text", "evidences.connection_info.protocol_name", "network.transport"),
    Place("fd.cip", "address", "evidences.src_endpoint.ip", "source.ip"),
    Place("fd.cport", "port", "evidences.src_endpoint.port", "source.port"),
    Place("fd.sip", "address", "evidences.dst_endpoint.ip", "destination.ip"),
    Place("fd.sport", "port", "evidences.dst_endpoint.port", "destination.port"),
    Place("container.full_id", "text", f"{_CONTAINER}.uid", "container.id"),
    Place("container.id", "text", f"{_CONTAINER}.uid", "container.id"),
    Place("container.name", "text", f"{_CONTAINER}.name", "container.name"),
    Place("container.type", "text", f"{_CONTAINER}.runtime", "container.runtime"),
    Place("container.image.repository", "text", f"{_CONTAINER}.image.name", "container.image.name"),
    Place("container.image", "text", f"{_CONTAINER}.image.name", "container.image.name"),
    Place("container.image.tag", "text", f"{_CONTAINER}.image.tag", "container.image.tag[]"),
    Place("container.image.id", "text", f"{_CONTAINER}.image.uid", ""),
    Place("container.image.digest", "text", f"{_CONTAINER}.image.uid", "container.image.hash.all[]"),
    Place("container.privileged", "flag", "", "container.security_context.privileged"),
    Place("k8s.pod.name", "text", "resources.name", "orchestrator.resource.name"),
    Place("k8smeta.pod.name", "text", "resources.name", "orchestrator.resource.name"),
    Place("k8s.pod.uid", "text", "resources.uid", "orchestrator.resource.id"),
    Place("k8smeta.pod.uid", "text", "resources.uid", "orchestrator.resource.id"),
    Place("k8s.pod.ip", "address", "resources.ip", "orchestrator.resource.ip[]"),
    Place("k8smeta.pod.ip", "address", "resources.ip", "orchestrator.resource.ip[]"),
    Place("k8s.ns.name", "text", "resources.namespace", "orchestrator.namespace"),
    Place("k8smeta.ns.name", "text", "resources.namespace", "orchestrator.namespace"),
)
