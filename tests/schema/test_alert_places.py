# SPDX-License-Identifier: Apache-2.0
"""Table of the places of fields in the schemas of alerts."""

from __future__ import annotations

from support.ecs_shapes import OBJECTS as ECS
from support.ocsf_shapes import OBJECTS as OCSF
from support.shapes import Shape

from tiercel.schema.alert_places import PLACES
from tiercel.schema.names import FIELD_BY_NAME

SUMMARY = {"suppressed.count", "suppressed.first", "suppressed.last"}  # of alerts that summarise others
TYPES = {
    "text": "text", "path": "text", "number": "number", "port": "port", "address": "address", "flag": "flag",
}  # fmt: skip


def type_at(path: str, root: str, objects: dict[str, Shape]) -> object:
    """Return the type of an attribute; a list is of the type of its items."""
    kind: object = root
    for name in path.split("."):
        shape = objects[str(kind)]
        kind = shape.get(name, shape.get(f"{name}!"))
        if isinstance(kind, list):
            kind = kind[0]
    return kind


def test_fields_exist_and_have_one_row() -> None:
    names = [place.field for place in PLACES]
    assert len(set(names)) == len(names)
    assert not set(names) - set(FIELD_BY_NAME) - SUMMARY


def test_places_have_the_type_of_the_schema() -> None:
    for place in PLACES:
        for path, root, objects, instant in (
            (place.ocsf, "detection_finding", OCSF, "number"),
            (place.ecs, "event_document", ECS, "date"),
        ):
            if path:
                expected = TYPES.get(place.kind, instant)
                assert type_at(path.removesuffix("[]"), root, objects) == expected, place


def test_each_row_has_a_place() -> None:
    assert all(place.ocsf or place.ecs for place in PLACES)
