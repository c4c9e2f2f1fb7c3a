"""Bodies unpacked within a bound: what was packed comes back, a bomb does not."""

import contextlib
import gzip
import secrets
import time
import tracemalloc
import zlib
from collections.abc import Callable

import cramjam
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from logmesh.producer.receivers.http.refusals import TooLarge, UnknownMediaType
from logmesh.producer.receivers.http.unpacking import unpack
from logmesh.producer.receivers.received import RequestRefused

_MOST = 1 << 20
_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "snappy": lambda data: bytes(cramjam.snappy.compress_raw(data)),
}


def _bare(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize("encoding", _PACKERS)
@given(data=st.binary(max_size=5_000))
def test_what_was_packed_comes_back(encoding: str, data: bytes) -> None:
    assert unpack(_PACKERS[encoding](data), encoding, _MOST) == data


@pytest.mark.parametrize("encoding", _PACKERS)
def test_a_bomb_is_refused_and_the_largest_body_is_not(encoding: str) -> None:
    assert unpack(_PACKERS[encoding](bytes(_MOST)), encoding, _MOST) == bytes(_MOST)
    for size in (_MOST + 1, 64 * _MOST):
        with pytest.raises(TooLarge):
            unpack(_PACKERS[encoding](bytes(size)), encoding, _MOST)


def test_a_bomb_of_zstd_takes_no_more_memory_than_a_piece_of_it() -> None:
    stream = zstandard.ZstdCompressor().compressobj()
    packed = b"".join(stream.compress(bytes(1 << 20)) for _ in range(256)) + stream.flush()
    assert len(packed) < 64 << 10
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            unpack(packed, "zstd", _MOST)
        assert tracemalloc.get_traced_memory()[1] < 48 << 20
    finally:
        tracemalloc.stop()


def test_many_small_members_are_a_bomb_together() -> None:
    for encoding in ("gzip", "zstd"):
        packed = _PACKERS[encoding](bytes(_MOST // 4))
        assert unpack(packed * 4, encoding, _MOST) == bytes(_MOST)
        with pytest.raises(TooLarge):
            unpack(packed * 5, encoding, _MOST)


def test_members_are_unpacked_wherever_they_end() -> None:
    for encoding in ("gzip", "zstd"):
        data = [secrets.token_bytes(size) for size in (1, 65_500, 0, 65_536, 200_000, 7)]
        packed = b"".join(map(_PACKERS[encoding], data))
        assert unpack(packed, encoding, _MOST) == b"".join(data)
        for lacking in (1, 30_000):
            with pytest.raises(RequestRefused):
                unpack(packed[:-lacking], encoding, _MOST)


def test_a_million_empty_members_are_refused_before_they_cost_anything() -> None:
    for encoding in ("gzip", "zstd"):
        began = time.process_time()
        with pytest.raises(RequestRefused, match="parts"):
            unpack(_PACKERS[encoding](b"") * 100_000, encoding, _MOST)
        assert time.process_time() - began < 1


def test_zstd_of_unknown_size_with_a_vast_window_is_refused() -> None:
    vast = zstandard.ZstdCompressionParameters(window_log=25, write_content_size=False)
    stream = zstandard.ZstdCompressor(compression_params=vast).compressobj()
    with pytest.raises(RequestRefused, match="zstd"):
        unpack(stream.compress(bytes(_MOST)) + stream.flush(), "zstd", _MOST)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_body_that_ends_too_early_is_refused(encoding: str) -> None:
    packed = _PACKERS[encoding](bytes(range(256)) * 100)
    for cut in (1, 5, len(packed) // 2):
        with pytest.raises(RequestRefused, match=encoding):
            unpack(packed[:-cut], encoding, _MOST)


def test_deflate_without_a_header_is_read() -> None:
    assert unpack(_bare(b"abc" * 100), "deflate", _MOST) == b"abc" * 100


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "gzip,deflate", "\x00"])
def test_other_encodings_and_several_are_refused(encoding: str) -> None:
    with pytest.raises(UnknownMediaType, match="not read here"):
        unpack(b"", encoding, _MOST)


@pytest.mark.parametrize("encoding", _PACKERS)
@given(data=st.binary(max_size=200))
def test_rubbish_is_refused_and_nothing_else_happens(encoding: str, data: bytes) -> None:
    with contextlib.suppress(RequestRefused):
        unpack(data, encoding, _MOST)
