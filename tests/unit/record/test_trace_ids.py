"""A trace id is found in whatever carries it."""

import pytest

from logmesh.record.trace_ids import read_trace_id

ID = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        ID.upper(),
        f" {ID}\n",
        f"0x{ID}",
        "4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
        f"00-{ID}-00f067aa0ba902b7-01",
        f"cc-{ID}-00f067aa0ba902b7-01-what-comes-later",
        f"{ID}-00f067aa0ba902b7-1",
        f"{ID}-00f067aa0ba902b7-d-05e3ac9a4f6e3b90",
        "1-4bf92f35-77b34da6a3ce929d0e0e4736",
        "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=53995c3f42cd8ad8;Sampled=1",
        f"{ID}/67667974448284343;o=1",
        f"{ID}:00f067aa0ba902b7:0:1",
        f"projects/shop/traces/{ID}",
        f"Self=1-67891234-12456789abcdef012345678;Root=1-{ID[:8]}-{ID[8:]};Sampled=1",
    ],
)
def test_the_id_is_read(text: str) -> None:
    assert read_trace_id(text) == bytes.fromhex(ID)


@pytest.mark.parametrize(
    "text", ["", "abc", ID[:-1], ID + "0", f"00-{ID}", "g" * 32, "4bf92f35-77b34da6-a3ce929d-0e0e4736"]
)
def test_anything_else_is_none(text: str) -> None:
    assert read_trace_id(text) is None
