"""`logmesh token`: make, list and revoke the tokens by which senders of logs show whose records they bring."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from logmesh.cli.ending import ending
from logmesh.cli.errors import UNKNOWN, CommandError
from logmesh.cli.gateway import AskedDataDir, Gateway, Token, gateway_client
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR
from logmesh.cli.moments import parse_lifetime
from logmesh.cli.present import clean
from logmesh.cli.status import StatusOutput
from logmesh.cli.user import user_name
from logmesh.cli.writing import OutputConsole
from logmesh.client import Client
from logmesh.client.asking.tokens import SenderToken
from logmesh.client.errors import NotFound
from logmesh.client.moments import to_timestamp

_MOST: Final = 100_000

app = typer.Typer(
    help="Tokens by which senders of logs show whose records they bring.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Tenant = Annotated[
    str, typer.Option("--tenant", help="Whose records.", show_default="that of LOGMESH_TOKEN, else the gateway's")
]
Output = Annotated[StatusOutput, typer.Option("--output", "-o", help="How to write it.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="A name of letters, digits, and . - _", show_default=False)],
    tenant: Tenant = "",
    expires: Annotated[
        str, typer.Option(help="After how long it is refused, such as 90d or 12h.", show_default="never")
    ] = "",
    output: Output = StatusOutput.TEXT,
    gateway: Gateway = None,
    token: Token = "",
    data_dir: AskedDataDir = DEFAULT_DATA_DIR,
) -> None:
    """Make a token, and write its secret to standard output: now, and never again.

    A sender shows it as `Authorization: Bearer <secret>`, or as the password of a user of any name. Where access tokens are asked
    for, LOGMESH_TOKEN must hold one with the role of an administrator, and the new token is for its tenant.

    Exit codes: 0 done; 1 the gateway can't be reached, failed or refused; 2 a name is taken, or an option is wrong.

    Examples:  logmesh token create checkout --expires 90d  ·  logmesh token create ci --tenant acme > secret
    """
    with ending("token create"):
        lifetime = parse_lifetime(expires, "--expires") if expires else None
        with gateway_client(gateway, data_dir, token) as client:
            made = client.create_token(name, lifetime=lifetime, tenant=tenant, by=user_name())
        if output is StatusOutput.JSON:
            print(json.dumps({**_plain(made.token), "secret": made.secret}, ensure_ascii=False))
            return
        print(made.secret)
        until = "it is revoked" if made.token.expires is None else f"{made.token.expires.astimezone():%Y-%m-%d %H:%M}"
        about = f"Keep it now: it can't be shown again. Token {made.token.id} is good until {until}, for the tenant"
        typer.echo(f"{about} {clean(made.token.tenant)}.", err=True)


@app.command("list")
def list_all(
    tenant: Tenant = "",
    every: Annotated[bool, typer.Option("--all", "-a", help="Also those that were revoked.")] = False,
    output: Output = StatusOutput.TEXT,
    gateway: Gateway = None,
    token: Token = "",
    data_dir: AskedDataDir = DEFAULT_DATA_DIR,
) -> None:
    """List tokens, the latest first, without their secrets, which nobody has but their senders."""
    with ending("token list"):
        with gateway_client(gateway, data_dir, token) as client:
            found = client.tokens(limit=_MOST, tenant=tenant, revoked=every)
        if output is StatusOutput.JSON:
            print(json.dumps([_plain(one) for one in found], ensure_ascii=False))
        else:
            OutputConsole().print(_table(found, datetime.now(UTC)) if found else "there are no tokens")


@app.command()
def revoke(
    which: Annotated[str, typer.Argument(metavar="ID|NAME", help="The token.", show_default=False)],
    tenant: Tenant = "",
    gateway: Gateway = None,
    token: Token = "",
    data_dir: AskedDataDir = DEFAULT_DATA_DIR,
) -> None:
    """End a token: receivers refuse it within some seconds, and nothing brings it back.

    Exit codes: 0 done; 1 the gateway can't be reached, failed or refused; 2 an option is wrong; 3 there is no such token.
    """
    with ending("token revoke"):
        with gateway_client(gateway, data_dir, token) as client:
            ended = _revoked(client, which, tenant)
        print(f"{clean(ended.name)} ({ended.id}) is revoked")


def _revoked(client: Client, which: str, tenant: str) -> SenderToken:
    """The API takes ids, and a person has names, too. Raises CommandError."""
    found = [one for one in client.tokens(limit=_MOST, tenant=tenant) if which in (one.id, one.name)]
    try:
        if found:
            return client.revoke_token(found[0].id, tenant=tenant, by=user_name())
    except NotFound as error:
        raise CommandError(f"there is no token {which}", UNKNOWN) from error
    raise CommandError(f"there is no token {which}: logmesh token list shows those that are", UNKNOWN)


def _table(found: Iterable[SenderToken], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("token", "name", "tenant", "made", "by", "used", "expires"):
        table.add_column(column)
    for one in found:
        used = "never" if one.last_used is None else _day(one.last_used)
        table.add_row(
            one.id, clean(one.name), clean(one.tenant), _day(one.created), clean(one.created_by), used, _end(one, now)
        )
    return table


def _end(token: SenderToken, now: datetime) -> Text:
    """When it ends, or how it has ended."""
    if token.revoked is not None:
        by = f" by {clean(token.revoked_by)}" if token.revoked_by else ""
        return Text(f"revoked {_day(token.revoked)}{by}", "red")
    if token.expires is None:
        return Text("never")
    return Text(f"expired {_day(token.expires)}", "yellow") if token.expires <= now else Text(_day(token.expires))


def _day(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _plain(token: SenderToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "tenant": token.tenant,
        "create_time": _time(token.created),
        "created_by": token.created_by,
        "expire_time": _time(token.expires),
        "revoke_time": _time(token.revoked),
        "revoked_by": token.revoked_by,
        "last_use_time": _time(token.last_used),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else to_timestamp(moment).ToJsonString()
