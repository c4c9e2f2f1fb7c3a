"""Chunks for tests of rules."""

import base64
import json
from collections.abc import Sequence

from logmesh.producer.sources import Chunk
from logmesh.record.columns import OriginKey

TIME = 1_764_588_702_123_456_789
SHOP = OriginKey(b"shop", b"shop-0", b'{"k8s.pod.name":"shop-0"}')


def chunk_of(
    bodies: Sequence[bytes],
    *,
    attributes: Sequence[bytes] = (),
    times: Sequence[int] = (),
    severities: Sequence[int] = (),
    trace_ids: Sequence[bytes] = (),
    span_ids: Sequence[bytes] = (),
    origins: Sequence[OriginKey] = (),
) -> Chunk:
    """Records with these bodies, and all else of them as it is given, or usual."""
    count = len(bodies)
    return Chunk(
        times=list(times) or [TIME + at for at in range(count)],
        severities=list(severities) or [9] * count,
        severity_texts=[b""] * count,
        bodies=list(bodies),
        attributes=list(attributes) or [b""] * count,
        trace_ids=list(trace_ids) or [b""] * count,
        span_ids=list(span_ids) or [b""] * count,
        origins=list(origins) or [SHOP] * count,
        positions={"7": {"offset": 100}},
    )


def jwt() -> bytes:
    """A token that says nothing and is signed by nobody."""
    parts = (json.dumps({"alg": "HS256"}), json.dumps({"sub": "1"}), "no signature")
    return b".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=") for part in parts)


PRIVATE_KEY = b"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBkg\n4LVWM9nuwNSk\n-----END EC PRIVATE KEY-----"
SECRETS: dict[bytes, bytes] = {
    b"4111111111111111": b"[redacted:card]",
    b"4111 1111 1111 1111": b"[redacted:card]",
    b"5555-5555-5555-4444": b"[redacted:card]",
    b"378282246310005": b"[redacted:card]",
    b"3782 822463 10005": b"[redacted:card]",
    b"30569309025904": b"[redacted:card]",
    b"3056 930902 5904": b"[redacted:card]",
    b"4222222222222": b"[redacted:card]",
    b"2223003122003222": b"[redacted:card]",
    b"6011111111111117": b"[redacted:card]",
    b"ann.smith+shop@mail.example.com": b"[redacted:email]",
    "jörg@müller.example".encode(): b"[redacted:email]",
    jwt(): b"[redacted:jwt]",
    b"lm_" + b"a1b2" * 4 + b"_" + b"a1B2c3D" * 7: b"[redacted:token]",
    b"ghp_" + b"a1B2" * 9: b"[redacted:token]",
    b"github_pat_" + b"a1B2_" * 9: b"[redacted:token]",
    b"glpat-" + b"x_y-1" * 4: b"[redacted:token]",
    b"xoxb-123456789012-abcdef": b"[redacted:token]",
    b"sk_live_" + b"a1B2" * 6: b"[redacted:token]",
    b"sk-ant-" + b"a1B2" * 6: b"[redacted:token]",
    b"AIza" + b"a1B2c" * 7: b"[redacted:token]",
    b"npm_" + b"a1B2" * 9: b"[redacted:token]",
    b"pypi-AgE" + b"a1B2" * 13: b"[redacted:token]",
    b"SG." + b"a1B2" * 5 + b"." + b"c3D4" * 8: b"[redacted:token]",
    b"hf_" + b"a1B2" * 8: b"[redacted:token]",
    b"hvs." + b"a1B2" * 6: b"[redacted:token]",
    b"dop_v1_" + b"a1b2" * 16: b"[redacted:token]",
    b"shpat_" + b"a1b2" * 8: b"[redacted:token]",
    b"AKIAIOSFODNN7EXAMPLE": b"[redacted:aws_key]",
    PRIVATE_KEY: b"[redacted:private_key]",
    b"Bearer a1b2c3d4e5f6g7h8i9": b"Bearer [redacted:token]",
    b"authorization: Basic dXNlcjpwYXNzMQ==": b"authorization: Basic [redacted:token]",
    b"aws_secret_access_key = " + b"a1B2/" * 8: b"aws_secret_access_key = [redacted:aws_key]",
}
"""What is found, and what it becomes."""
