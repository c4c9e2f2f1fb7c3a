"""The lake takes the attributes that the rows' store takes, refuses those that it refuses, and both mean the same."""

import asyncpg
from tests.integration.processor.bad_entries import BAD_COLUMNS

from logmesh.cli.local.postgres import Postgres
from logmesh.lake.writing.attributes import one_form
from logmesh.record.entry import EntryRefused, check_body
from logmesh.record.json_text import load_exact_json

TEXTS = {name: bad.columns.attributes[1] for name, bad in BAD_COLUMNS.items() if bad.columns.attributes}
TEXTS |= {
    text.decode(): text
    for text in (
        b'{"a":1,}', b'{"a":1,"a":2}', b'{"a":+1}', b'{"a":.5}', b'{"a":01}', b'{"a":1.}', b'{"a":1e5}', b'{"a":1e+16}',
        b'{"a":-0}', b'{"a":-0.0}', b'{"a":1.50}', b'{"a":0.1}', b'{"a":5e-324}', b'{"a":1e22}', b'{"a":9007199254740993}',
        b'{"a":123456789012345678901234567890.5}', b'{"a":"\\u00e9"}', b'{"a":"\t"}', b'{"a":/**/1}', b'\xef\xbb\xbf{}',
        b' { "a" : [ 1 , 2 ] } ', b'{"":{}}', b"{'a':1}", b'{"a":1}}', b'{"a":tru}', b'{"a":[1,]}', b"null", b'{"a"}',
    )
}  # fmt: skip


async def test_both_stores_judge_alike(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.dsn("postgres", "postgres"))
    for name, text in TEXTS.items():
        (formed,), bad, _ = one_form([text])
        try:
            _, checked = check_body(b"", text)
            stored = await connection.fetchval("SELECT ($1::text)::jsonb::text", checked.decode())
        except (EntryRefused, asyncpg.DataError):
            assert bad, name
        else:
            assert not bad, name
            assert load_exact_json(formed) == load_exact_json(stored.encode()), name
    await connection.close()
