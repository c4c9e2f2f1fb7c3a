"""Lines of many formats, as `lines` measures them: some twenty a second, of texts that repeat and numbers that don't."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

_BEGIN: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_LEVELS: Final = ("INFO", "INFO", "INFO", "DEBUG", "WARN", "INFO", "ERROR")
_MESSAGES: Final = (
    "request served", "cache miss for key", "connected to upstream", "retrying after a timeout", "checkout of cart completed",
)  # fmt: skip


class _Line:
    """What the lines of all formats say: the one of this number."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.time = _BEGIN + timedelta(milliseconds=50 * at, microseconds=at % 1000)
        self.iso = self.time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        self.level = _LEVELS[at % len(_LEVELS)]
        self.message = _MESSAGES[at % len(_MESSAGES)]
        self.trace = f"{at * 0x9E3779B97F4A7C15 % (1 << 128):032x}"


def _json_iso(one: _Line) -> str:
    fields = {"time": one.iso, "level": one.level.lower(), "msg": one.message, "trace_id": one.trace, "user": one.at}
    return json.dumps(fields | {"path": "/cart/checkout", "status": 200}, separators=(",", ":"))


def _json_floats(one: _Line) -> str:
    fields = {"level": one.level.lower(), "ts": one.time.timestamp(), "logger": "cart.http", "msg": one.message}
    return json.dumps(fields | {"duration": one.at % 977 / 1000, "ratio": 0.25, "status": 200, "user": one.at})


def _logfmt(one: _Line) -> str:
    return f'time="{one.iso}" level={one.level.lower()} msg="{one.message}" user={one.at} path=/cart/checkout took=0.{one.at % 977:03}'


def _iso(one: _Line) -> str:
    return f"{one.iso.replace('T', ' ')[:-1]} {one.level:5} [worker-{one.at % 7}] shop.Cart - {one.message} {one.at}"


def _no_time(one: _Line) -> str:
    return f"{one.message} {one.at} of cart-5d4f in {one.at % 977} ms"


def _syslog(one: _Line) -> str:
    process, client = 24_000 + one.at // 7, f"10.0.0.{one.at % 250}"
    return f"{one.time:%b %d %H:%M:%S} web-1 sshd[{process}]: Failed password for root from {client} port 22 ssh2"


def _syslog_5424(one: _Line) -> str:
    return f"<{34 if one.level == 'ERROR' else 38}>1 {one.iso} web-1 cart {one.at // 90} ID47 - {one.message} {one.at}"


def _klog(one: _Line) -> str:
    return f"{one.level[0]}{one.time:%m%d %H:%M:%S.%f}       1 controller.go:{one.at % 600}] {one.message} {one.at}"


def _access(one: _Line) -> str:
    client, status = f"10.0.0.{one.at % 250}", 500 if one.level == "ERROR" else 200
    at = f"{one.time:%d/%b/%Y:%H:%M:%S} +0000"
    return f'{client} - - [{at}] "GET /cart/{one.at} HTTP/1.1" {status} {one.at % 977} "-" "curl/8.5"'


def _cri(one: _Line) -> str:
    return f"{one.time:%Y-%m-%dT%H:%M:%S.%f}123Z stdout F {_iso(one)}"


def _cri_json(one: _Line) -> str:
    return f"{one.time:%Y-%m-%dT%H:%M:%S.%f}123Z stdout F {_json_iso(one)}"


def _compose(one: _Line) -> str:
    return f"cart-{one.at % 3 + 1}  | {_iso(one)}"


def _trace(one: _Line) -> str:
    if one.at % 10:
        return _iso(one)
    frames = f"\tat shop.Cart.pay(Cart.java:{one.at % 600})\n\tat shop.Main.main(Main.java:7)"
    return f"{_iso(one)}\njava.lang.IllegalStateException: {one.message}\n{frames}"


def _mixed(one: _Line) -> str:
    return (_json_iso, _logfmt, _iso, _no_time, _access, _syslog, _klog, _json_floats)[one.at % 8](one)


_WRITERS: Final[dict[str, Callable[[_Line], str]]] = {
    "json-iso": _json_iso, "json-floats": _json_floats, "logfmt": _logfmt, "iso": _iso, "no-time": _no_time, "syslog": _syslog,
    "syslog-5424": _syslog_5424, "klog": _klog, "access": _access, "cri": _cri, "cri-json": _cri_json, "compose": _compose,
    "java-traces": _trace, "mixed": _mixed,
}  # fmt: skip
KINDS: Final = tuple(_WRITERS)
"""Their names."""


def written(kind: str, count: int) -> list[bytes]:
    """`count` lines of this kind, or a few more where a record has several."""
    return "\n".join(_WRITERS[kind](_Line(at)) for at in range(count)).encode().splitlines()
