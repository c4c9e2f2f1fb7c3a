"""Fields that records can be grouped by, by their names."""

import pytest

from logmesh.filters import FilterError, parse_field
from logmesh.filters.ast import Path
from logmesh.filters.fields import Column


def test_fields_are_named_as_in_a_filter() -> None:
    assert parse_field("level") == Column("level")
    assert parse_field("service") == parse_field("resource.service.name") == Column("service")
    assert parse_field("attributes.http.status") == Path("attributes", ("http", "status"))
    assert parse_field('resource."a b".c') == Path("resource", ("a b", "c"))


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("severity", "level"),
        ("sevrity", "level"),
        ("servce", "service"),
        ("user_id", "attributes.user_id"),
        ("attributes", ""),
        ("body", ""),
        ("trace_id", ""),
        ("time", ""),
        ("", ""),
        ("service:a OR instance", ""),
        ("-service", ""),
        ("(service", ""),
        ("service); DROP TABLE logs; --", ""),
        ("service = x AND service", ""),
    ],
)
def test_what_is_no_field_is_refused_with_a_suggestion(text: str, suggestion: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse_field(text)
    assert refused.value.suggestion == suggestion
    assert refused.value.expected[:2] == ("level", "service")
