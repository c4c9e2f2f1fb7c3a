"""An issuer of tokens: a key pair, its public half as a JWKS file, and tokens with any claims and any algorithm."""

import json
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://issuer.test"
AUDIENCE = "logmesh"


class Issuer:
    """Signs with one RSA key and one EC key."""

    def __init__(self) -> None:
        self._rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._ec = ec.generate_private_key(ec.SECP256R1())

    def write_keys(self, path: Path, suffix: str = "") -> Path:
        """Write the public keys as JWKS; their ids are `rsa` and `ec` with the suffix."""
        keys: list[dict[str, Any]] = [
            RSAAlgorithm.to_jwk(self._rsa.public_key(), as_dict=True)
            | {"kid": f"rsa{suffix}", "alg": "RS256", "use": "sig"},
            ECAlgorithm.to_jwk(self._ec.public_key(), as_dict=True)
            | {"kid": f"ec{suffix}", "alg": "ES256", "use": "sig"},
        ]
        path.write_text(json.dumps({"keys": keys}))
        return path

    def token(self, *, algorithm: str = "RS256", kid: str = "", **claims: Any) -> str:
        """A token that is good unless `claims` or `algorithm` make it otherwise; a claim of None is left out."""
        given = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 2 * 86_400, "sub": "someone"} | claims
        kept = {name: value for name, value in given.items() if value is not None}
        key: Any = self._rsa
        if algorithm == "none":
            key = ""
        elif algorithm.startswith("HS"):
            key = "a shared secret of at least thirty-two bytes"
        elif algorithm == "ES256":
            key = self._ec
        headers = {"kid": kid or ("ec" if algorithm == "ES256" else "rsa")}
        return jwt.encode(kept, key, algorithm=algorithm, headers=headers)
