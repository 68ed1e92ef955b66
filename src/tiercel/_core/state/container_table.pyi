# SPDX-License-Identifier: Apache-2.0
"""The process table's containers: what is asked about them, and the answers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from typing_extensions import disjoint_base

_MetadataValue: TypeAlias = str | bytes | bool | Sequence[object] | Mapping[str, str] | None

@disjoint_base
class ContainerTable:
    """What is asked about containers, and the answers. Calls are safe from any thread."""

    def container_of(self, cgroup_id: int) -> str | None:
        """Return the id of the container that a key of control groups is of; None if it is of none, or not known."""

    def groups_of(self, cgroup_id: int) -> bytes | None:
        """Return the names of the control groups with that key (``subsystem=path``, NUL between them).

        None if no process in the table is known to be in them.
        """

    def configure_metadata(self, parts: Iterable[str], wait_ns: int) -> None:
        """Tell which parts of what is known of containers somebody answers for from now on.

        Args:
            parts: of ``info`` and ``details`` (both the container engine, see :meth:`announce_container`), ``names``
                (users and groups inside) and ``pod`` (the Kubernetes API); none at first. Others are missing at once;
                new ones are asked for about every container.
            wait_ns: how long an event may wait for an answer, from the first ask.
        """

    def limit_to_scope(self) -> None:
        """Ask only about containers that events of the scope happen in; call it before there is any container."""

    def set_static(self, container_id: str) -> None:
        """Have every process in one container, whatever its control groups say, with the users of the host.

        Args:
            container_id: what ``container.id`` is from now on; 1 to 64 bytes.

        Raises:
            ValueError: it is empty or too long.
        """

    def lookup_requests_fd(self) -> int:
        """Return a descriptor that can be read from when there are asks; the table's own.

        Raises:
            OSError: there are no more descriptors.
        """

    def take_lookup_requests(self) -> list[tuple[str, str, str, int, int, str]]:
        """Return what is asked about containers since the last call.

        Returns:
            Of each ask: the container's id; whose layout its control group has (``podman``, ``docker``, ``cri``,
            ``containerd``, ``lxc``, ``libvirt_lxc``, ``bpm``; nobody's after :meth:`set_static`), which for full ids
            does not mean much; the path of the group; id and start in ns since boot of a process in there, 0 if there
            is none yet; the part. With ``info`` the details are asked for, too.
        """

    def set_container(self, container_id: str, values: Mapping[str, _MetadataValue]) -> bool:
        """Tell all that the engine knows of a container, in place of what was told before.

        Args:
            container_id: as the ask had it.
            values: by the names of ``tiercel.schema.metadata.METADATA``; what is left out or None has no value.

        Returns:
            Whether the container is in the table.

        Raises:
            ValueError: there is no such name, a value is of another kind, or all is more than 1 MiB.
        """

    def on_container(self, on_container_known: Callable[[str, Mapping[str, Any]], object] | None) -> None:
        """Have a function called with the arguments of each later :meth:`set_container` for a container of the table.

        By the thread that calls it; also by that which tells that no more is known of one that was announced. None for
        nothing more.
        """

    def announce_container(self, container_id: str, values: Mapping[str, _MetadataValue]) -> bool:
        """The same as :meth:`set_container` for what an engine says before it is asked: the values of part ``info``.

        Details are still waited for.
        """

    def container_missing(self, container_id: str) -> bool:
        """Tell that no engine knows the container; return whether it is in the table.  What was told of it stays."""

    def set_pod(self, container_id: str, values: Mapping[str, _MetadataValue]) -> bool:
        """The same as :meth:`set_container` for what the Kubernetes API knows of the container's pod."""

    def pod_missing(self, container_id: str) -> bool:
        """Tell that nothing is known of the container's pod; return whether the container is in the table."""

    def set_names(
        self,
        container_id: str,
        users: Mapping[int, str | bytes],
        homes: Mapping[int, str | bytes],
        shells: Mapping[int, str | bytes],
        groups: Mapping[int, str | bytes],
    ) -> bool:
        """Tell the names of users, their home directories and login shells, and the names of groups of a container.

        Returns:
            Whether the container is in the table.
        """

    def names_missing(self, container_id: str) -> bool:
        """Tell that the process of the last ask leads to no users and groups; return whether the container is known.

        If another one has started a program there since, that one is asked about.
        """

    def containers(self) -> list[str]:
        """Return the ids of the containers in the table."""

    def described(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the id of each container of which an engine told, and the values, as :meth:`set_container` takes them.

        Each call copies all of it: some 10 us a container.
        """
