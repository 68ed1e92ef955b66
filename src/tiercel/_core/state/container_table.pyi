# SPDX-License-Identifier: Apache-2.0
"""Containers of a process table: metadata requests and responses."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from typing_extensions import disjoint_base

_MetadataValue: TypeAlias = str | bytes | bool | Sequence[object] | Mapping[str, str] | None

@disjoint_base
class ContainerTable:
    """Metadata requests and responses of containers. Calls are safe from any thread."""

    def container_of(self, cgroup_id: int) -> str | None:
        """Return the container id of a cgroup key; None on the host, or if it is not known."""

    def groups_of(self, cgroup_id: int) -> bytes | None:
        """Return the names of the cgroups with that key (``subsystem=path``, NUL between them).

        None if the table has no process in them.
        """

    def configure_metadata(self, parts: Iterable[str], wait_ns: int) -> None:
        """Set the parts of container metadata that have a resolver from now on.

        Args:
            parts: of ``info`` and ``details`` (both the container engine, see :meth:`announce_container`), ``names``
                (users and groups inside) and ``pod`` (the Kubernetes API); initially none. Other parts are missing at
                once; added parts are requested for every container.
            wait_ns: limit of the time that an event waits for a response, from the first request.
        """

    def limit_to_scope(self) -> None:
        """Request metadata only for containers with events in the scope; call it before the first container."""

    def set_static(self, container_id: str) -> None:
        """Put every process into one container, regardless of cgroups, with the users of the host.

        Args:
            container_id: value of ``container.id`` from now on; 1 to 64 bytes.

        Raises:
            ValueError: the id is empty or too long.
        """

    def lookup_requests_fd(self) -> int:
        """Return a descriptor that is readable while requests are pending; the table owns it.

        Raises:
            OSError: out of descriptors.
        """

    def take_lookup_requests(self) -> list[tuple[str, str, str, int, int, str]]:
        """Return the requests since the last call.

        Returns:
            Of each request: the container's id; the engine of its cgroup's layout (``podman``, ``docker``, ``cri``,
            ``containerd``, ``lxc``, ``libvirt_lxc``, ``bpm``; empty after :meth:`set_static`), which is only a hint for
            full ids; the cgroup's path; id and start in ns since boot of a process of the container, 0 without one
            yet; the part. A request for ``info`` includes the details.
        """

    def set_container(self, container_id: str, values: Mapping[str, _MetadataValue]) -> bool:
        """Replace the engine metadata of a container.

        Args:
            container_id: from the request.
            values: by the names of ``tiercel.schema.metadata.METADATA``; a missing name or None is no value.

        Returns:
            True if the container is in the table.

        Raises:
            ValueError: unknown name, value of the wrong type, or more than 1 MiB in total.
        """

    def on_container(self, on_container_known: Callable[[str, Mapping[str, Any]], object] | None) -> None:
        """Set a callback for the arguments of each later :meth:`set_container` for a container of the table.

        It runs in the calling thread, also for :meth:`container_missing` after an announcement. None removes it.
        """

    def announce_container(self, container_id: str, values: Mapping[str, _MetadataValue]) -> bool:
        """Set part ``info`` from an engine event, before the response to a request; see :meth:`set_container`.

        Details stay pending.
        """

    def container_missing(self, container_id: str) -> bool:
        """Mark engine metadata as missing; return True if the container is in the table.  Earlier values stay."""

    def set_pod(self, container_id: str, values: Mapping[str, _MetadataValue]) -> bool:
        """Set the pod metadata from the Kubernetes API; see :meth:`set_container`."""

    def pod_missing(self, container_id: str) -> bool:
        """Mark the pod metadata as missing; return True if the container is in the table."""

    def set_names(
        self,
        container_id: str,
        users: Mapping[int, str | bytes],
        homes: Mapping[int, str | bytes],
        shells: Mapping[int, str | bytes],
        groups: Mapping[int, str | bytes],
    ) -> bool:
        """Set the names, home directories and login shells of users, and the names of groups, of a container.

        Returns:
            True if the container is in the table.
        """

    def names_missing(self, container_id: str) -> bool:
        """Mark users and groups as unavailable through the process of the last request.

        Return True if the container is in the table. If another process has started a program there since, it is
        requested next.
        """

    def containers(self) -> list[str]:
        """Return the ids of the containers in the table."""

    def described(self) -> list[tuple[str, dict[str, Any]]]:
        """Return id and values of each container with engine metadata, as :meth:`set_container` takes them.

        Each call copies all of it: some 10 us a container.
        """
