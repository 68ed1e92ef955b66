# SPDX-License-Identifier: Apache-2.0
"""Output to Grafana Loki, by its push API (the extra ``tiercel[http]``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json import dumps
from typing import Any, ClassVar, Final

from tiercel.errors import UsageError
from tiercel.escaping import readable
from tiercel.outputs.authorization import basic
from tiercel.outputs.base import AlertView
from tiercel.outputs.http_batches import HttpBatches
from tiercel.outputs.http_client import Response
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["LokiOutput"]

_NAMES: Final = "a name has letters, digits and `_`, and does not begin with a digit"


class LokiOutput(HttpBatches):
    """Output that posts each alert as an entry, whose line is the alert in JSON.

    Loki stores one stream for each set of labels, so there are few: ``source``, ``priority`` and ``hostname``. The rule
    and the tags are structured metadata. The statuses 429 and 5xx are temporary.
    """

    name: ClassVar[str] = "loki"
    path: ClassVar[str] = "/loki/api/v1/push"
    content_type: ClassVar[str] = "application/json"
    default_format: ClassVar[AlertFormat] = "falco"
    temporary: ClassVar[frozenset[int]] = frozenset({429, 500, 502, 503, 504})

    def __init__(
        self,
        url: str,
        *,
        format: AlertFormat = "falco",
        labels: Mapping[str, str] | None = None,
        rule_label: bool = False,
        structured_metadata: bool = True,
        tenant: str = "",
        username: str = "",
        password: str = "",
        headers: Mapping[str, str] | None = None,
        **connection: Any,
    ) -> None:
        """Prepare requests to ``url``, by default with the path ``/loki/api/v1/push``.

        Args:
            url: as of :class:`~tiercel.outputs.http_batches.HttpBatches`.
            format: format of the lines.
            labels: further labels of all streams.
            rule_label: the rule is a label.
            structured_metadata: entries have structured metadata; Loki before 3.0 refuses it by default.
            tenant: the header ``X-Scope-OrgID``.
            username: user of basic authentication.
            password: password of that user.
            headers: as of :class:`~tiercel.outputs.http_batches.HttpBatches`, as the other arguments.
            connection: the same.

        Raises:
            OutputError: E801, a certificate or key cannot be read.
            UsageError: E607, an argument has a wrong value; E608, a library is not installed.
        """
        own = {"X-Scope-OrgID": tenant} if tenant else {}
        super().__init__(url, headers={**own, **basic("loki", username, password), **(headers or {})}, **connection)
        for name in labels or {}:
            if not name.isidentifier() or not name.isascii():
                raise UsageError("E607", f"loki: {name!r} cannot be the name of a label", hint=_NAMES)
        self._format: AlertFormat = format
        self._labels = dict(labels or {})
        self._rule_label = rule_label
        self._metadata = structured_metadata

    def _body(self, alerts: Sequence[AlertView]) -> bytes:
        streams: dict[tuple[str, ...], dict[str, Any]] = {}
        for alert in alerts:
            labels = self._labels_of(alert)
            stream = streams.setdefault(tuple(labels.values()), {"stream": labels, "values": []})
            entry: list[Any] = [str(max(alert.time_ns, 0)), alert.render(self._format)]
            if self._metadata:
                entry.append({"rule": readable(alert.rule), "tags": readable(",".join(alert.tags))})
            stream["values"].append(entry)
        return dumps({"streams": [*streams.values()]}, separators=(",", ":")).encode()

    def _labels_of(self, alert: AlertView) -> dict[str, str]:
        own = {"source": alert.source, "priority": alert.priority.label, "hostname": alert.hostname}
        if self._rule_label:
            own["rule"] = alert.rule
        return {name: readable(value) for name, value in {**own, **self._labels}.items()}

    def _accepted(self, alerts: Sequence[AlertView], response: Response) -> None:
        """Do nothing: Loki accepts all entries of a request, or has a status that refuses them."""
