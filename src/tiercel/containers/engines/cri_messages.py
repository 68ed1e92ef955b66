# SPDX-License-Identifier: Apache-2.0
"""Message definitions of CRI and of containerd's own API, as far as they are used here.

Each is a row: members with their numbers on the wire, which never change. Members that are not named here are skipped
when a message is read. :mod:`tiercel.containers.transport.protobuf_dynamic` makes classes of the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tiercel.frozen import frozen

__all__ = ["CONTAINERS", "EVENTS", "IMAGES", "IMAGE_SERVICE", "NAMESPACES", "RUNTIME", "VERSION", "Service"]


@frozen
class Service:
    """A gRPC service.

    Attributes:
        package: its namespace, a part of the path of each method.
        name: of the service.
        methods: name -> "request response".
        messages: name -> members, each ``name=number`` (a text) or ``name=number:type``, where the type is ``bytes``,
            ``bool``, ``int``, ``map`` (of texts by texts) or another message; a suffix ``*`` stands for any number of
            them.
    """

    package: str
    name: str
    methods: Mapping[str, str]
    messages: Mapping[str, str]

    def path(self, method: str) -> str:
        """Return the path of a method, as gRPC has it."""
        return f"/{self.package}.{self.name}/{method}"


# --- CRI, version 1 -------------------------------------------------------------------------------------------------

RUNTIME: Final = Service(
    "runtime.v1",
    "RuntimeService",
    {
        "Version": "VersionRequest VersionResponse",
        "ListContainers": "ListContainersRequest ListContainersResponse",
        "ContainerStatus": "ContainerStatusRequest ContainerStatusResponse",
        "ListPodSandbox": "ListPodSandboxRequest ListPodSandboxResponse",
        "PodSandboxStatus": "PodSandboxStatusRequest PodSandboxStatusResponse",
        "GetContainerEvents": "GetEventsRequest ContainerEventResponse",
    },
    {
        "VersionRequest": "version=1",
        "VersionResponse": "version=1 runtime_name=2 runtime_version=3 runtime_api_version=4",
        "ListContainersRequest": "filter=1:ContainerFilter",
        "ContainerFilter": "id=1",
        "ListContainersResponse": "containers=1:Container*",
        "Container": "id=1 pod_sandbox_id=2 metadata=3:ContainerMetadata created_at=7:int",
        "ContainerMetadata": "name=1",
        "ContainerStatusRequest": "container_id=1 verbose=2:bool",
        "ContainerStatusResponse": "status=1:ContainerStatus info=2:map",
        "ContainerStatus": "id=1 metadata=2:ContainerMetadata created_at=4:int image=8:ImageSpec image_ref=9 "
        "labels=12:map annotations=13:map mounts=14:Mount* image_id=17 user=18:ContainerUser",
        "ImageSpec": "image=1 annotations=2:map user_specified_image=18",
        "Mount": "container_path=1 host_path=2 readonly=3:bool propagation=5:int",
        "ContainerUser": "linux=1:LinuxContainerUser",
        "LinuxContainerUser": "uid=1:int gid=2:int",
        "ListPodSandboxRequest": "filter=1:PodSandboxFilter",
        "PodSandboxFilter": "id=1",
        "ListPodSandboxResponse": "items=1:PodSandbox*",
        "PodSandbox": "id=1 metadata=2:PodSandboxMetadata",
        "PodSandboxMetadata": "name=1 uid=2 namespace=3",
        "PodSandboxStatusRequest": "pod_sandbox_id=1 verbose=2:bool",
        "PodSandboxStatusResponse": "status=1:PodSandboxStatus info=2:map",
        "PodSandboxStatus": "id=1 metadata=2:PodSandboxMetadata created_at=4:int network=5:PodSandboxNetworkStatus "
        "linux=6:LinuxPodSandboxStatus labels=7:map annotations=8:map",
        "PodSandboxNetworkStatus": "ip=1 additional_ips=2:PodIP*",
        "PodIP": "ip=1",
        "LinuxPodSandboxStatus": "namespaces=1:Namespace",
        "Namespace": "options=2:NamespaceOption",
        "NamespaceOption": "network=1:int pid=2:int ipc=3:int",
        "GetEventsRequest": "",
        "ContainerEventResponse": "container_id=1 container_event_type=2:int",
    },
)
IMAGE_SERVICE: Final = Service(
    "runtime.v1",
    "ImageService",
    {"ImageStatus": "ImageStatusRequest ImageStatusResponse"},
    {
        "ImageStatusRequest": "image=1:ImageSpec",
        "ImageSpec": "image=1",
        "ImageStatusResponse": "image=1:Image",
        "Image": "id=1 repo_tags=2:text* repo_digests=3:text*",
    },
)

# --- containerd -----------------------------------------------------------------------------------------------------

VERSION: Final = Service(
    "containerd.services.version.v1",
    "Version",
    {"Version": "Empty VersionResponse"},
    {"Empty": "", "VersionResponse": "version=1"},
)
CONTAINERS: Final = Service(
    "containerd.services.containers.v1",
    "Containers",
    {"Get": "GetContainerRequest GetContainerResponse", "List": "ListContainersRequest ListContainersResponse"},
    {
        "GetContainerRequest": "id=1",
        "GetContainerResponse": "container=1:Container",
        "ListContainersRequest": "filters=1:text*",
        "ListContainersResponse": "containers=1:Container*",
        "Container": "id=1 labels=2:map image=3 spec=5:Any created_at=8:Timestamp sandbox=11",
        "Any": "type_url=1 value=2:bytes",
        "Timestamp": "seconds=1:int nanos=2:int",
    },
)
NAMESPACES: Final = Service(
    "containerd.services.namespaces.v1",
    "Namespaces",
    {"List": "ListNamespacesRequest ListNamespacesResponse"},
    {
        "ListNamespacesRequest": "",
        "ListNamespacesResponse": "namespaces=1:Namespace*",
        "Namespace": "name=1",
    },
)
IMAGES: Final = Service(
    "containerd.services.images.v1",
    "Images",
    {"Get": "GetImageRequest GetImageResponse"},
    {
        "GetImageRequest": "name=1",
        "GetImageResponse": "image=1:Image",
        "Image": "name=1 target=3:Descriptor",
        "Descriptor": "media_type=1 digest=2",
    },
)
EVENTS: Final = Service(
    "containerd.services.events.v1",
    "Events",
    {"Subscribe": "SubscribeRequest Envelope"},
    {
        "SubscribeRequest": "filters=1:text*",
        "Envelope": "namespace=2 topic=3 event=4:Any",
        "Any": "type_url=1 value=2:bytes",
        "ContainerCreate": "id=1",
        "ContainerDelete": "id=1",
        "TaskStart": "container_id=1",
    },
)
