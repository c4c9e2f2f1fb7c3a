"""What a question that failed means to the person who gave the command."""

import grpc
import pytest
from tests.unit.client.test_requests_and_failures import Refused

from logmesh.cli.errors import FAILED, USAGE, from_client
from logmesh.client.errors import DeadlineExceeded
from logmesh.client.failures import translated
from logmesh.storage.failures import _PASSING

_BACKENDS = "connections to all backends failing; last error: UNKNOWN: ipv4:127.0.0.1:1: "


def told(code: grpc.StatusCode, details: str) -> tuple[str, int]:
    try:
        with translated("g:1"):
            raise Refused(code, details)
    except Exception as error:  # noqa: BLE001  # whichever it is translated to
        found = from_client(error, "https://g:1")  # type: ignore[arg-type]
        return str(found), found.exit_code


@pytest.mark.parametrize(
    ("code", "details", "words", "exit_code"),
    [
        (
            "UNAVAILABLE",
            _BACKENDS + "Failed to connect to remote host: Connection refused",
            "no gateway answers at ",
            1,
        ),
        (
            "UNAVAILABLE",
            "errors resolving nowhere:1: [field:hostname lookup error: not found]",
            "no gateway answers at ",
            1,
        ),
        ("UNAVAILABLE", "", "no gateway answers at https://g:1; is it running? (--gateway or LOGMESH_GATEWAY)", 1),
        (
            "UNAVAILABLE",
            "the database is away",
            "the gateway at https://g:1 answers UNAVAILABLE: the database is away",
            1,
        ),
        (
            "UNAVAILABLE",
            _BACKENDS
            + "Custom verification check failed with error: UNAUTHENTICATED: Hostname Verification Check failed.",
            "the certificate of https://g:1 is not believed: Hostname Verification Check failed (LOGMESH_TLS_CA",
            1,
        ),
        (
            "UNAVAILABLE",
            _BACKENDS + "Tls handshake failed (TSI_PROTOCOL_FAILURE): SSL_ERROR_SSL: error:1000007d:SSL routines:"
            "OPENSSL_internal:CERTIFICATE_VERIFY_FAILED: certificate has expired: OK",
            "is not believed: certificate has expired (LOGMESH_TLS_CA",
            1,
        ),
        (
            "UNAVAILABLE",
            _BACKENDS + "Tls handshake failed (TSI_PROTOCOL_FAILURE): SSL_ERROR_SSL: error:100000f7:SSL routines:"
            "OPENSSL_internal:WRONG_VERSION_NUMBER: Invalid certificate verification context: OK",
            "https://g:1 does not speak TLS: write http://g:1",
            1,
        ),
        (
            "UNAVAILABLE",
            _BACKENDS
            + "Tls handshake failed: SSL_ERROR_SSL: error:1:SSL routines:OPENSSL_internal:UNSUPPORTED_PROTOCOL",
            "no TLS with https://g:1: UNSUPPORTED_PROTOCOL",
            1,
        ),
        ("UNAUTHENTICATED", "Jwt is missing", "answers UNAUTHENTICATED: Jwt is missing (--token or LOGMESH_TOKEN)", 1),
        ("UNIMPLEMENTED", "Method not found!", "what answers at https://g:1 is not a Logmesh gateway", 1),
        ("INVALID_ARGUMENT", "unknown field sevrity at character 1", "unknown field sevrity at character 1", 2),
        ("INTERNAL", "two\nlines", "the gateway at https://g:1 answers INTERNAL: two lines", 1),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(code: str, details: str, words: str, exit_code: int) -> None:
    said, ends_with = told(grpc.StatusCode[code], details)
    assert words in said and "\n" not in said
    assert ends_with == {1: FAILED, 2: USAGE}[exit_code]


@pytest.mark.parametrize("clause", sorted({*_PASSING.values()}))
def test_what_a_gateway_says_of_its_database_is_handed_on(clause: str) -> None:
    said, _ = told(grpc.StatusCode.UNAVAILABLE, f"{clause}; try again soon")
    assert said == f"the gateway at https://g:1 answers UNAVAILABLE: {clause}; try again soon"


@pytest.mark.parametrize(
    "details",
    [
        "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Connection refused",
        "Socket closed",
        "recvmsg:Connection reset by peer",
        "sendmsg: Broken pipe (32)",
        "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
    ],
)
def test_words_of_grpc_and_of_an_edge_mean_that_nobody_answers(details: str) -> None:
    said, _ = told(grpc.StatusCode.UNAVAILABLE, details)
    assert said.startswith("no gateway answers at https://g:1")


def test_what_the_library_says_by_itself_begins_with_the_address() -> None:
    error = from_client(DeadlineExceeded("g:1 runs out of time; ask for less"), "g:1")
    assert str(error) == "the gateway at g:1 runs out of time; ask for less"
