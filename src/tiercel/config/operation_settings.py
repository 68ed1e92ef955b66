# SPDX-License-Identifier: Apache-2.0
"""Settings of operation: metrics, web server, reaction to lost events."""

from __future__ import annotations

from tiercel.frozen import frozen

__all__ = ["DropSettings", "LogSettings", "MetricsSettings", "WebserverSettings"]


@frozen
class MetricsSettings:
    """Settings of metrics, with Falco's names and defaults.

    Attributes:
        enabled: collect metrics for the file, the alerts and the web server.
        interval_ms: milliseconds between two snapshots for the file and the alerts.
        output_rule: a snapshot is an alert, ``Falco internal: metrics snapshot``.
        output_file: file with one JSON line for each snapshot; empty: none.
        rules: number of matches by rule.
        resources: processor time and memory of the sensor and the host.
        state: entries of the process table.
        kernel: events and losses in the kernel.
        memory_in_mb: megabytes instead of kilobytes; bytes for Prometheus in any case.
        empty_values: include counters that are zero.
    """

    enabled: bool = False
    interval_ms: int = 5000
    output_rule: bool = False
    output_file: str = ""
    rules: bool = True
    resources: bool = True
    state: bool = True
    kernel: bool = True
    memory_in_mb: bool = True
    empty_values: bool = False


@frozen
class WebserverSettings:
    """Settings of the web server.

    Attributes:
        enabled: serve the health check, the versions, and the metrics.
        address: address to listen on; by default only this machine can connect.
        port: port to listen on; 0: any free port.
        connections: maximum number of connections at a time; 0: 16.
        health_path: path of the health check.
        metrics: serve ``/metrics``, if metrics are enabled.
        tls: serve HTTPS.
        certificate: PEM file with key and certificate.
    """

    enabled: bool = False
    address: str = "127.0.0.1"
    port: int = 8765
    connections: int = 0
    health_path: str = "/healthz"
    metrics: bool = False
    tls: bool = False
    certificate: str = "/etc/falco/falco.pem"


@frozen
class DropSettings:
    """Reaction to lost events, as in Falco.

    Attributes:
        actions: some of ``ignore``, ``log``, ``alert``, ``exit``.
        threshold: share of lost events in a second above which there is a reaction.
        rate: reactions per second, in the long run.
        max_burst: reactions that may follow each other at once.
        simulate: pretend that events are lost, to test the reaction.
    """

    actions: tuple[str, ...] = ("ignore",)
    threshold: float = 0.1
    rate: float = 0.03333
    max_burst: float = 1.0
    simulate: bool = False


@frozen
class LogSettings:
    """Settings of the log of the command, with Falco's names.

    Attributes:
        stderr: lines go to standard error.
        syslog: lines go to syslog, with their level.
        level: name of the least urgent level that is written.
    """

    stderr: bool = True
    syslog: bool = False
    level: str = "info"
