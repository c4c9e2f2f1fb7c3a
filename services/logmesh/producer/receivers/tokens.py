"""Which tokens of senders are good, as the gateway last said: in memory, and in a file beside the spools for the next start."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from logmesh.runtime.secret_files import write_secret
from logmesh.v1.receiver_service_pb2 import TokenDigest

FILE: Final = "tokens.json"


class Known(NamedTuple):
    """A token: its id, whose records it brings, and from when on it is refused, in seconds since 1970; infinite: never."""

    id: str
    tenant: str
    expires_unix: float


class TokenList:
    """Tokens by the SHA-256 of their secrets: to look one up takes as long for a secret that nearly fits as for any other."""

    def __init__(self, version: str, by_digest: Mapping[bytes, Known]) -> None:
        self.version, self.by_digest = version, by_digest

    @classmethod
    def of(cls, version: str, digests: Iterable[TokenDigest]) -> Self:
        """From a gateway's answers."""
        return cls(
            version,
            {
                one.sha256: Known(
                    one.id,
                    one.tenant,
                    one.expire_time.ToNanoseconds() / 1e9 if one.HasField("expire_time") else math.inf,
                )
                for one in digests
            },
        )

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """From the file that `save` wrote; None where there is none. Raises ValueError for what is none, OSError."""
        path = folder / FILE
        try:
            fields: dict[str, Any] = json.loads(path.read_bytes())
            return cls(
                str(fields["version"]),
                {
                    bytes.fromhex(digest): Known(str(token_id), str(tenant), math.inf if end is None else float(end))
                    for digest, token_id, tenant, end in fields["tokens"]
                },
            )
        except FileNotFoundError:
            return None
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is no list of tokens: {type(error).__name__}") from None

    def save(self, folder: Path) -> None:
        """Replace the file at once and durably; none but this process's user can read it. Raises OSError."""
        tokens = [
            [digest.hex(), known.id, known.tenant, None if math.isinf(known.expires_unix) else known.expires_unix]
            for digest, known in self.by_digest.items()
        ]
        text = json.dumps({"version": self.version, "tokens": tokens}).encode()
        folder.mkdir(parents=True, exist_ok=True)
        write_secret(folder / FILE, text)
