"""The table of formats, most particular first. A format is added here, with lines that show it: they are its test.

A line is only compared with formats of which an example begins as it does: with a digit, a capital, a small letter, or that very
sign. So each way to begin has its example.
"""

from typing import Final

from logmesh.producer.formats.format import Example, Format, FormatByFunction
from logmesh.producer.formats.level_words import BLUE_GENE, CEF, PHP, REDIS, STATUSES, WINDOWS
from logmesh.producer.level_names import LETTERS_IN_BYTES as LETTERS
from logmesh.producer.syslog import iso_syslog_line
from logmesh.producer.web import web_line

_AT: Final = "2026-11-20T13:45:12"
_MS: Final = "2026-11-20T13:45:12.123"
_US: Final = "2026-11-20T13:45:12.123456"
_CEF: Final = rb"CEF: ?\d+\|(?:(?:[^|\\]|\\.)*+\|){5}(?P<level>\d{1,2}|[A-Z][A-Za-z-]+)\|.{0,4000}?\b(?:rt|end|start|\w+[uU]tcTime)="
_REQUEST: Final = (
    rb'"(?:(?P<method>[A-Z]+) (?P<path>[^\s"]+)(?: HTTP/(?P<version>[\d.]+))?|(?:[^"\\]|\\.)*+)" (?P<level>\d{3})'
)
_WEB: Final = {
    "client": "client.address", "method": "http.request.method", "path": "url.path",
    "version": "network.protocol.version", "level": "http.response.status_code", "bytes": "http.response.body.size",
    "agent": "user_agent.original",
}  # fmt: skip
_STATUS: Final = ("level", "bytes")
# What may stand between a time and its level, and behind a level.
_GAP: Final = rb"[\])]*(?:[:,](?=\s))?(?:\s+|::?|\s*\|\s*|\s+[-:]\s+|(?=\[))[\[(<]?\s{0,8}"
_END: Final = rb"(?=\s*[\])>|]|\s|[:,;]|$)"

FORMATS: Final[tuple[Format | FormatByFunction, ...]] = (
    # Web servers and proxies
    FormatByFunction(
        "access",
        web_line,
        Example(
            b'10.0.0.1 - ann [20/Nov/2026:14:45:12 +0100] "GET /a?b=c HTTP/1.1" 503 12 "-" "curl/8"', _AT, "ERROR",
            {"client.address": "10.0.0.1", "user.name": "ann", "http.request.method": "GET", "url.path": "/a?b=c",
             "network.protocol.version": "1.1", "http.response.status_code": 503, "http.response.body.size": 12,
             "user_agent.original": "curl/8"},
        ),
        Example(
            b'db-1 - - [20/Nov/2026:13:45:12 +0000] "GET / HTTP/1.1" 404 -', _AT, "WARN",
            {"client.address": "db-1", "http.request.method": "GET", "url.path": "/", "network.protocol.version": "1.1",
             "http.response.status_code": 404},
        ),
        Example(
            b'::1 - - [20/Nov/2026:13:45:12 +0000] "GET / HTTP/1.1" 404 -', _AT, "WARN",
            {"client.address": "::1", "http.request.method": "GET", "url.path": "/", "network.protocol.version": "1.1",
             "http.response.status_code": 404},
        ),
        holds=b'] "',
    ),
    Format(
        "envoy-access",
        rb"\[{iso}\] " + _REQUEST + rb" ",
        Example(
            b'[2026-11-20T13:45:12.123Z] "GET /a HTTP/1.1" 503 UF 0 91 0 - "-" "curl" "id" "h" "-"', _MS, "ERROR",
            {"http.request.method": "GET", "url.path": "/a", "network.protocol.version": "1.1",
             "http.response.status_code": 503},
        ),
        levels=STATUSES, fields=_WEB, numbers=_STATUS, holds=b'] "',
    ),
    Format(
        "aws-alb",
        rb'(?:https?|h2|wss?|grpcs?) {iso} \S+ (?P<client>\S+?)(?::\d+)? \S+ [\d.-]+ [\d.-]+ [\d.-]+ (?P<level>\d{3}|-) '
        rb'\S+ \d+ \d+ "(?P<method>[A-Z]+|-) (?P<path>\S+) HTTP/(?P<version>[\d.]+)" "(?P<agent>[^"]*)"',
        Example(
            b'https 2026-11-20T13:45:12.123456Z app/lb/a 10.0.0.1:28 10.0.0.2:80 0.0 0.0 0.0 502 502 34 366 '
            b'"GET https://x:443/ HTTP/1.1" "curl" - - arn "Root=1-58337262-36d228ad5d99923122bbe354"', _US, "ERROR",
            {"client.address": "10.0.0.1", "http.request.method": "GET", "url.path": "https://x:443/",
             "network.protocol.version": "1.1", "http.response.status_code": 502, "user_agent.original": "curl"},
        ),
        levels=STATUSES | {b"-": 9}, fields=_WEB, numbers=_STATUS,
    ),
    Format(
        "squid",
        rb"{epoch} +\d+ (?P<client>\S+) [A-Z_]+/(?P<level>\d{3}) (?P<bytes>\d+) (?P<method>[A-Z]+) (?P<path>\S+) ",
        Example(
            b"1795182312.123    812 10.0.0.1 TCP_MISS/503 4100 GET http://example.com/ - HIER_DIRECT/10.0.0.2 text/html",
            _MS, "ERROR",
            {"client.address": "10.0.0.1", "http.response.status_code": 503, "http.response.body.size": 4100,
             "http.request.method": "GET", "url.path": "http://example.com/"},
        ),
        levels=STATUSES, fields=_WEB, numbers=_STATUS,
    ),
    Format(
        "gin",
        rb"\[GIN\] {year_first} \| +(?P<level>\d{3}) \| +\S+ \| +(?P<client>\S+) \| +(?P<method>[A-Z]+) +\"(?P<path>[^\"]*)\"",
        Example(
            b'[GIN] 2026/11/20 - 13:45:12 | 401 |  505.3us |  10.1.2.3 | POST     "/client"', _AT, "WARN",
            {"http.response.status_code": 401, "client.address": "10.1.2.3", "http.request.method": "POST",
             "url.path": "/client"},
        ),
        levels=STATUSES, fields=_WEB, numbers=_STATUS,
    ),
    Format(
        "apache-error",
        rb"\[{month_name_day}\] \[(?:[\w-]*:)?{level}\] ",
        Example(b"[Fri Nov 20 13:45:12.123456 2026] [core:error] [pid 7:tid 8] AH00126: x", _US, "ERROR"),
        Example(b"[Fri Nov 20 13:45:12 2026] [notice] caught SIGTERM, shutting down", _AT, "INFO2"),
    ),
    FormatByFunction(
        "syslog-iso",
        iso_syslog_line,
        Example(
            b"2026-11-20T14:45:12.123456+01:00 web-1 sshd[7]: error: x", _US, "ERROR",
            {"host": "web-1", "app": "sshd", "pid": "7"},
        ),
    ),
    Format(
        "cef",
        _CEF + rb"{iso}",
        Example(b"CEF:0|Maker|Firewall|9.4|544|Admin came|1|src=10.0.0.1 makerUtcTime=2026-11-20T13:45:12.123Z x=y", _MS, "INFO"),
        levels=CEF,
    ),
    Format(
        "cef-epoch",
        _CEF + rb"{epoch}",
        Example(b"CEF:0|Maker|Firewall|9.4|201|Threat|9|rt=1795182312123 proto=TCP", _MS, "FATAL"),
        levels=CEF,
    ),
    # Databases and brokers
    Format(
        "postgres",
        rb"{iso} \[\d+\](?:-\d+)?(?: [^\s:]+@[^\s:]+)? {level}:  ",
        Example(b"2026-11-20 13:45:12.123 UTC [7] LOG:  ready", _MS, "INFO"),
        Example(b"2026-11-20 14:45:12.123 CET [7] shop@orders FATAL:  x", _MS, "FATAL"),
        loose=True,
    ),
    Format(
        "mysql",
        rb"(?:{iso}) +\d+ \[{level}\]",
        Example(b"2026-11-20T13:45:12.123456Z 0 [Warning] [MY-010068] [Server] x", _US, "WARN"),
        loose=True,
    ),
    Format(
        "mysql-slow",
        rb"# Time: {iso}",
        Example(b"# Time: 2026-11-20T13:45:12.123456Z", _US),
    ),
    Format(
        "mysql-slow-5",
        rb"# Time: {compact_short}",
        Example(b"# Time: 261120 13:45:12", _AT),
    ),
    Format(
        "redis",
        rb"\d+:[XCSM] {day_month_name} (?P<level>[.*#-]) ",
        Example(b"7:M 20 Nov 2026 13:45:12.123 # x", _MS, "WARN"),
        levels=REDIS,
    ),
    Format(
        "mongodb-text",
        rb"{iso} (?P<level>[IWEFD])\d? +[A-Z]+ +\[",
        Example(b"2026-11-20T14:45:12.123+0100 E NETWORK  [conn7] x", _MS, "ERROR"),
        levels=LETTERS,
    ),
    # Languages' own loggers
    Format(
        "python",
        rb"\[?{iso}\]? ?[-:]? (?:\{[^}]{1,80}\}|[\w.-]{1,80}) [-:]? ?{level} ?[-:] ",
        Example(b"2026-11-20 13:45:12,123 - app.module - ERROR - failed", _MS, "ERROR"),
        Example(b"[2026-11-20 13:45:12,123] {taskinstance.py:1} CRITICAL - x", _MS, "FATAL"),
        loose=True,
    ),
    Format(
        "java",
        rb"\[?{iso}\]? \[[^\]]{1,120}\] {level}" + _END,
        Example(b"2026-11-20 13:45:12,123 [main] ERROR com.example.Foo - x", _MS, "ERROR"),
        Example(b"[2026-11-20 14:45:12 +0100] [7] CRITICAL x", _AT, "FATAL"),
        loose=True,
    ),
    Format(
        "gunicorn",
        rb"\[{iso}\] \[\d+\] \[{level}\] ",
        Example(b"[2026-11-20 14:45:12 +0100] [7] [CRITICAL] WORKER TIMEOUT (pid:9)", _AT, "FATAL"),
        loose=True,
    ),
    Format(
        "openstack",
        rb"(?:\S+ )?{iso} \d+ {level} ",
        Example(b"2026-11-20 13:45:12.123 25746 INFO nova.osapi_compute.wsgi.server [req-1] x", _MS, "INFO"),
        Example(b"nova-api.log 2026-11-20 13:45:12.123 25746 WARNING nova.virt [-] x", _MS, "WARN"),
        loose=True,
    ),
    Format(
        "monolog",
        rb"\[{iso}\] [\w-]+\.{level}: ",
        Example(b'[2026-11-20T14:45:12.123456+01:00] app.ERROR: x {"k":1} []', _US, "ERROR"),
        loose=True,
    ),
    Format(
        "ruby",
        rb"(?P<level>[DIWEFA]), \[{iso} #\d+\] ",
        Example(b"W, [2026-11-20T13:45:12.123456 #1]  WARN -- : x", _US, "WARN"),
        levels=LETTERS | {b"A": 9},
    ),
    Format(
        "php",
        rb"\[{day_month_name}\] PHP (?P<level>(?:Recoverable fatal|Fatal|Parse) error|Warning|Notice|Deprecated):",
        Example(b"[20-Nov-2026 13:45:12 UTC] PHP Fatal error:  Uncaught RuntimeException: x", _AT, "FATAL"),
        levels=PHP,
    ),
    Format(
        "erlang",
        rb"=(?P<level>[A-Z]+) REPORT==== {day_month_name} ===",
        Example(b"=ERROR REPORT==== 20-Nov-2026::13:45:12 ===", _AT, "ERROR"),
    ),
    # Systems
    Format(
        "android",
        rb"{numeric_no_year} +\d+ +\d+ (?P<level>[VDIWEF]) [^:]{1,80}:",
        Example(b"11-20 13:45:12.123  1702  2395 W WindowManager: x", _MS, "WARN"),
        levels=LETTERS,
    ),
    Format(
        "hdfs",
        rb"{compact_short} +\d+ {level} ",
        Example(b"261120 134512 148 WARN dfs.DataNode$PacketResponder: x", _AT, "WARN"),
    ),
    Format(
        "blue-gene",
        rb"(?:-|[A-Z]\w*) {epoch} \d{4}\.\d\d\.\d\d \S+ \S+ \S+ \w+ \w+ {level}\b",
        Example(
            b"- 1795182312 2026.11.20 R02-M1-N0-C:J12 2026-11-20-05.45.12.675872 R02-M1-N0-C:J12 RAS KERNEL FATAL x",
            _AT, "FATAL",
        ),
        Example(
            b"KERNSTOR 1795182312 2026.11.20 R02-M1 2026-11-20-05.45.12.675872 R02-M1 RAS KERNEL FAILURE x", _AT, "ERROR"
        ),
        levels=BLUE_GENE,
    ),
    Format(
        "cluster",
        rb"(?:-|[A-Z]\w*) {epoch} \d{4}\.\d\d\.\d\d \S+ [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \S+ ",
        Example(b"- 1795182312 2026.11.20 dn228 Nov 20 05:45:12 dn228/dn228 crond[2915]: ERROR x", _AT, "ERROR"),
        Example(b"ECC 1795182312 2026.11.20 dn228 Nov 20 05:45:12 dn228/dn228 Server Administrator: x", _AT),
    ),
    Format(
        "cluster-state",
        rb"\d+ [\w-]+ [\w.-]+ [\w.-]+ {epoch} -?\d+ ",
        Example(b"134681 node-246 unix.hw state_change.unavailable 1795182312 1 Component State Change", _AT),
    ),
    Format(
        "health-app",
        rb"{unpadded}\|[^|]{1,80}\|\d+\|",
        Example(b"20261120-13:45:12:7|Step_LSC|30002312|onStandStepChanged 3579", "2026-11-20T13:45:12.007"),
    ),
    Format(
        "proxifier",
        rb"\[{numeric_no_year}\] \S.{0,80}? - \S+:\d+ ",
        Example(b"[11.20 13:45:12] chrome.exe - proxy.example:5070 open through proxy proxy.example:5070 HTTPS", _AT),
    ),
    Format(
        "windows-event",
        rb"(?:- ?)?<Event .{0,1000}?<Level>(?P<level>\d)</Level>.{0,1000}?SystemTime=[\"']{iso}",
        Example(
            b"<Event xmlns='x'><System><EventID>7</EventID><Level>2</Level><TimeCreated "
            b"SystemTime='2026-11-20T13:45:12.123456700Z'/></System></Event>", _US + "7", "ERROR",
        ),
        Example(
            b"- <Event xmlns='x'><System><Level>4</Level><TimeCreated SystemTime='2026-11-20T13:45:12.123Z'/>", _MS, "INFO"
        ),
        levels=WINDOWS,
    ),
    Format(
        "samba",
        rb"Auth: .{1,200}? at \[{day_month_name}\]",
        Example(b"Auth: [SMB2,(null)] user [A]\\[root] at [Fri, 20 Nov 2026 13:45:12.123456 UTC] with [NTLMv2]", _US),
    ),
    Format(
        "vpc-flow",
        rb"\d \d+ eni-\w+ (?:\S+ ){7}{epoch} \d+ ",
        Example(b"2 123456789010 eni-1235b8ca 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1795182312 1795182372 REJECT OK", _AT),
    ),
    Format(
        "zabbix",
        rb"\d+:{compact} ",
        Example(b"7:20261120:134512.123 cannot connect", _MS),
    ),
    Format(
        "sybase",
        rb"[\da-f]{2}:(?:[\da-f]+:){3}{iso} ",
        Example(b"00:0000:00000:00007:2026/11/20 13:45:12.12 server  Error: 1", "2026-11-20T13:45:12.12"),
    ),
    Format(
        "windows-dhcp",
        rb"\d{2},{numeric},",
        Example(b"10,11/20/26,13:45:12,Assign,10.0.0.1,host,AABB,", _AT),
    ),
    Format(
        "shell-history",
        rb"#\+?{epoch}\s*$",
        Example(b"#1795182312", _AT),
        Example(b"#+1795182312", _AT),
    ),
    # A level behind a time, or before it, whoever writes it
    Format(
        "iso-level",
        rb"\[?{iso}" + _GAP + rb"{level}" + _END,
        Example(b"2026-11-20T13:45:12.123Z INFO cart: added", _MS, "INFO"),
        Example(b"[2026-11-20 13:45:12.123] [error] x", _MS, "ERROR"),
        loose=True,
    ),
    Format(
        "level-iso",
        rb"\[?{level}\]?:? [\[(]?{iso}",
        Example(b"INFO 2026-11-20T13:45:12Z x", _AT, "INFO"),
        Example(b"[notice] 2026-11-20T13:45:12.123456Z nonode@nohost x", _US, "INFO2"),
        loose=True,
    ),
    Format(
        "short-date-level",
        rb"\[?{numeric}" + _GAP + rb"{level}" + _END,
        Example(b"26/11/20 13:45:12 INFO executor.Executor: x", _AT, "INFO"),
        Example(b"[11/20/2026 01:45:12 PM] ERROR x", _AT, "ERROR"),
        loose=True,
    ),
    Format(
        "named-month-level",
        rb"\[?{day_month_name}" + _GAP + rb"{level}" + _END,
        Example(b"20-Nov-2026 13:45:12.123 INFO [main] org.apache.Foo x", _MS, "INFO"),
        Example(b"[20 Nov 2026 13:45:12,123] ERROR a.B - x", _MS, "ERROR"),
        loose=True,
    ),
    Format(
        "time-level",
        rb"\[?{time_only}" + _GAP + rb"{level}" + _END,
        Example(b"13:45:12,123 ERROR [org.jboss.as] (main) x", "2026-11-30T13:45:12.123", "ERROR"),
        Example(b"[13:45:12 ERR] x", "2026-11-30T13:45:12", "ERROR"),
        loose=True,
    ),
)  # fmt: skip
