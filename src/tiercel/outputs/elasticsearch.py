# SPDX-License-Identifier: Apache-2.0
"""Output to Elasticsearch or OpenSearch, by the API for bulk requests (the extra ``tiercel[http]``)."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from json import dumps, loads
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from tiercel.errors import UsageError
from tiercel.outputs.authorization import api_key as api_key_header
from tiercel.outputs.authorization import basic
from tiercel.outputs.base import AlertView, DeliveryError
from tiercel.outputs.http_batches import HttpBatches
from tiercel.outputs.http_client import Response
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["ElasticsearchOutput"]

_INDEX: Final = re.compile(r'(?![-_+.])[^\s\\/*?"<>|,#:A-Z]{1,255}')
_RESULTS: Final = "filter_path=items.*.status,items.*.error.type,items.*.error.reason"
_CONFLICT: Final = 409  # a document with this id exists: an earlier request stored the alert
_MAX_REASON: Final = 200  # characters


class ElasticsearchOutput(HttpBatches):
    """Output that creates one document for each alert, in a data stream or an index.

    The id of a document is a hash of the alert, so a repeated request makes no second document. Results are read for
    each alert: the statuses 429, 502, 503 and 504 are temporary, alerts with other errors are lost and counted.
    """

    name: ClassVar[str] = "elasticsearch"
    path: ClassVar[str] = "/_bulk"
    content_type: ClassVar[str] = "application/x-ndjson"
    default_format: ClassVar[AlertFormat] = "ecs"
    temporary: ClassVar[frozenset[int]] = frozenset({408, 429, 502, 503, 504})
    keep: ClassVar[int] = 4 << 20

    def __init__(
        self,
        url: str,
        *,
        format: AlertFormat = "ecs",
        index: str = "logs-tiercel.alerts-default",
        api_key: str = "",
        username: str = "",
        password: str = "",
        headers: Mapping[str, str] | None = None,
        **connection: Any,
    ) -> None:
        """Prepare requests to ``url``, to whose path ``/_bulk`` is appended.

        Args:
            url: as of :class:`~tiercel.outputs.http_batches.HttpBatches`.
            format: format of the documents; all of them get ``@timestamp``.
            index: name of a data stream or of an index.
            api_key: API key, encoded or as ``ID:SECRET``.
            username: user of basic authentication.
            password: password of that user.
            headers: as of :class:`~tiercel.outputs.http_batches.HttpBatches`, as the other arguments.
            connection: the same.

        Raises:
            OutputError: E801, a certificate or key cannot be read.
            UsageError: E607, an argument has a wrong value; E608, a library is not installed.
        """
        if api_key and username:
            raise UsageError("E607", "elasticsearch: api_key and username exclude each other")
        if not _INDEX.fullmatch(index):
            hint = 'lower case, without blanks and any of \\ / * ? " < > | , # :, and without - _ + . at the start'
            raise UsageError("E607", f"elasticsearch: {index!r} cannot be the name of an index", hint=hint)
        own = basic("elasticsearch", username, password) | api_key_header(api_key)
        super().__init__(_bulk_address(url), headers={**own, **(headers or {})}, **connection)
        self._format: AlertFormat = format
        self._index = index

    def _body(self, alerts: Sequence[AlertView]) -> bytes:
        lines = []
        for alert in alerts:
            lines.append(_json({"create": {"_index": self._index, "_id": _id(alert)}}))
            lines.append(_json(self._document(alert)))
        return "".join(f"{line}\n" for line in lines).encode()

    def _document(self, alert: AlertView) -> dict[str, Any]:
        line = alert.render(self._format)
        document = {"message": line} if self._format == "text" else loads(line)
        return {"@timestamp": _time(alert.time_ns), **document}

    def _accepted(self, alerts: Sequence[AlertView], response: Response) -> None:
        results = _results(response.content)
        if len(results) != len(alerts):
            raise DeliveryError(
                f"{self._client.name}: the response is no result of a bulk request", after=response.after
            )
        delivered = 0
        reasons: list[str] = []
        retry = False
        for status, reason in results:
            if status in self.temporary:
                retry = True
                reasons.insert(0, f"status {status}: {reason}")
                break
            if 200 <= status < 300 or status == _CONFLICT:
                delivered += 1
            else:
                reasons.append(f"status {status}: {reason}")
        if reasons:
            lost = len(reasons) - retry
            text = f"{self._client.name}: {lost} of {len(alerts)} alerts are refused"
            text = f"{text}{', others for a while' if retry else ''}: {reasons[0][:_MAX_REASON]}"
            raise DeliveryError(text, delivered=delivered, lost=lost, retry=retry, after=response.after)


def _bulk_address(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url  # the client reports it
    path = parts.path.rstrip("/")
    path = path if path.endswith("/_bulk") else f"{path}/_bulk"
    return parts._replace(path=path, query="&".join(filter(None, (parts.query, _RESULTS)))).geturl()


def _json(value: Any) -> str:
    return dumps(value, separators=(",", ":"))


def _id(alert: AlertView) -> str:
    """Return a hash of an alert: of its JSON, which has the time in nanoseconds, and of its message."""
    return blake2b(
        f"{alert.render('falco')} {alert.message}".encode("utf-8", "surrogatepass"), digest_size=16
    ).hexdigest()


def _time(time_ns: int) -> str:
    seconds, nanos = divmod(time_ns, 1_000_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{nanos:09}Z"


def _results(content: bytes) -> list[tuple[int, str]]:
    """Return the status and the reason of each item; nothing if the content is no response to a bulk request."""
    try:
        items = loads(content)["items"]
        return [_result(item) for item in items]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return []


def _result(item: dict[str, Any]) -> tuple[int, str]:
    (result,) = item.values()
    error = result.get("error") or {}
    return int(result["status"]), f"{error.get('type', 'no reason')}: {error.get('reason', '')}".rstrip(": ")
