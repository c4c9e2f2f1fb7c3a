"""The shop that the generator plays: its services, what they log on the way of a request, and how they fail.

Texts are templates over the values of one request (see `generate.request_values`), so that a record costs two
formatting operations.
"""

from typing import Final, NamedTuple


class Service(NamedTuple):
    """A service of the shop."""

    name: str
    scope: str
    instances: int
    versions: tuple[str, ...]


class Message(NamedTuple):
    """One thing that a service says: severity, level as written, body and attributes."""

    severity: int
    level: bytes
    body: bytes
    attributes: bytes


class Step(NamedTuple):
    """A call within a request: who serves it, which step called it, what is logged if it goes well and if not."""

    service: str
    parent: int
    messages: tuple[Message, ...]
    failure: Message


SERVICES: Final = (
    Service("frontend", "http.server", 3, ("2.14.0", "2.15.0-rc1")),
    Service("checkout", "shop/checkout", 3, ("1.9.2",)),
    Service("cart", "com.example.cart.CartService", 3, ("4.1.0",)),
    Service("payment", "payment.gateway", 2, ("3.3.1", "3.4.0")),
    Service("inventory", "com.example.inventory.StockService", 2, ("1.22.7",)),
    Service("shipping", "shop/shipping", 2, ("0.12.0",)),
    Service("email", "email.worker", 2, ("1.4.4",)),
    Service("recommendation", "recommendation.model", 2, ("5.0.3",)),
    Service("currency", "currency.rates", 2, ("1.0.9",)),
    Service("catalog", "shop/catalog", 3, ("2.7.1",)),
)

_PYTHON_TRACE: Final = b"""Payment for order %(order)d failed
Traceback (most recent call last):
  File "/app/payment/gateway.py", line 118, in charge
    response = self._client.post("/v1/charges", json=charge, timeout=2.0)
  File "/app/payment/http.py", line 64, in post
    raise GatewayTimeout(f"no answer from {self.host} in {timeout:.1f} s")
payment.errors.GatewayTimeout: no answer from acquirer-2.example.net in 2.0 s"""

_JAVA_TRACE: Final = b"""Could not reserve %(quantity)d of SKU-%(sku)d
java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 3000ms.
\tat com.zaxxer.hikari.pool.HikariPool.createTimeoutException(HikariPool.java:696)
\tat com.example.inventory.StockRepository.reserve(StockRepository.java:87)
\tat com.example.inventory.StockService.reserve(StockService.java:41)
Caused by: org.postgresql.util.PSQLException: FATAL: remaining connection slots are reserved
\t... 14 more"""

_GO_TRACE: Final = b"""panic: runtime error: invalid memory address or nil pointer dereference

goroutine %(user)d [running]:
shop/shipping.(*Quoter).Quote(0x0, {0xc0001a2000, 0x24})
\t/src/shipping/quote.go:57 +0x1d
shop/shipping.(*Server).GetQuote(0xc00011e0f0)
\t/src/shipping/server.go:112 +0x85"""


def _message(severity: int, level: str, body: str | bytes, attributes: str = "") -> Message:
    raw = body if isinstance(body, bytes) else body.encode()
    return Message(severity, level.encode(), raw, attributes.encode())


def _info(body: str, attributes: str = "") -> Message:
    return _message(9, "INFO", body, attributes)


def _debug(body: str, attributes: str = "") -> Message:
    return _message(5, "DEBUG", body, attributes)


def _error(body: str | bytes, attributes: str = "") -> Message:
    return _message(17, "ERROR", body, attributes)


_ROUTE: Final = '"http.request.method":"%s","http.route":"%s","user_id":"%%(user)d","duration_ms":%%(ms)d'
_FAILED: Final = _error(
    "upstream request failed: 503 from %(upstream)s after %(ms)d ms",
    '"http.response.status_code":503,"user_id":"%(user)d","upstream":"%(upstream)s"',
)


def _frontend(method: str, route: str, path: str, status: int) -> Step:
    attributes = _ROUTE % (method, route) + f',"http.response.status_code":{status}'
    return Step("frontend", -1, (_info(f"{method} {path} {status} in %(ms)d ms", attributes),), _FAILED)


_CART: Final = Step(
    "cart",
    0,
    (
        _debug("cache lookup cart:%(user)d", '"cache.hit":true,"user_id":"%(user)d"'),
        _info("Cart of user %(user)d holds %(quantity)d items", '"user_id":"%(user)d","cart.items":%(quantity)d'),
    ),
    _error("Redis command GET cart:%(user)d timed out after 500 ms", '"user_id":"%(user)d","db.system":"redis"'),
)
_CATALOG: Final = Step(
    "catalog",
    0,
    (_info("Product SKU-%(sku)d served", '"sku":"SKU-%(sku)d","duration_ms":%(ms)d'),),
    _message(13, "WARN", "Product SKU-%(sku)d not found, showing a similar one", '"sku":"SKU-%(sku)d"'),
)
_CURRENCY: Final = Step(
    "currency",
    0,
    (_debug("Converted %(amount)d.%(cents)02d EUR to USD", '"currency.from":"EUR","currency.to":"USD"'),),
    _message(13, "WARN", "Rates are %(ms)d s old, provider does not answer", '"rates.age_s":%(ms)d'),
)

CHECKOUT: Final = (
    _frontend("POST", "/api/checkout", "/api/checkout", 200),
    Step(
        "checkout",
        0,
        (
            _info("Order %(order)d placed by user %(user)d", '"order_id":"%(order)d","user_id":"%(user)d"'),
            _info(
                "Order %(order)d complete: %(amount)d.%(cents)02d EUR",
                '"order_id":"%(order)d","amount":%(amount)d.%(cents)02d,"currency":"EUR","duration_ms":%(ms)d',
            ),
        ),
        _error("Order %(order)d aborted: %(upstream)s unavailable", '"order_id":"%(order)d","retries":3'),
    ),
    _CART._replace(parent=1),
    Step(
        "inventory",
        1,
        (_info("Reserved %(quantity)d of SKU-%(sku)d", '"sku":"SKU-%(sku)d","quantity":%(quantity)d'),),
        _error(_JAVA_TRACE, '"sku":"SKU-%(sku)d","exception.type":"java.sql.SQLTransientConnectionException"'),
    ),
    Step(
        "payment",
        1,
        (
            _info(
                "Charged %(amount)d.%(cents)02d EUR for order %(order)d",
                '"order_id":"%(order)d","amount":%(amount)d.%(cents)02d,"card.brand":"visa","duration_ms":%(ms)d',
            ),
        ),
        _error(_PYTHON_TRACE, '"order_id":"%(order)d","exception.type":"GatewayTimeout"'),
    ),
    Step(
        "shipping",
        1,
        (_info("Quoted parcel for order %(order)d", '"order_id":"%(order)d","carrier":"post","cost":4.90'),),
        _message(21, "FATAL", _GO_TRACE, '"exception.type":"runtime.Error"'),
    ),
    Step(
        "email",
        1,
        (_info("Confirmation of order %(order)d queued", '"order_id":"%(order)d","template":"order_confirmed"'),),
        _message(13, "WARN", "Mail server greylisted us, retrying in %(ms)d s", '"smtp.code":451'),
    ),
)
"""A purchase, from the browser to the mail."""

BROWSE: Final = (
    _frontend("GET", "/product/{sku}", "/product/SKU-%(sku)d", 200),
    _CATALOG,
    _CURRENCY,
    Step(
        "recommendation",
        0,
        (_info("Recommended %(quantity)d products for user %(user)d", '"user_id":"%(user)d","model":"als-7"'),),
        _message(13, "WARN", "Model als-7 is loading, falling back to bestsellers", '"model":"als-7"'),
    ),
)
"""Looking at a product."""

ADD_TO_CART: Final = (
    _frontend("POST", "/api/cart", "/api/cart", 201),
    _CART,
    Step(
        "inventory",
        1,
        (_debug("Stock of SKU-%(sku)d: %(amount)d", '"sku":"SKU-%(sku)d","stock":%(amount)d'),),
        _error(_JAVA_TRACE, '"sku":"SKU-%(sku)d"'),
    ),
)
"""Putting a product into the cart."""

HOUSEKEEPING: Final = (
    Step(
        "inventory",
        -1,
        (_message(1, "TRACE", "Tick: %(quantity)d reservations expired", '"expired":%(quantity)d'),),
        _message(13, "WARN", "Expiry runs late by %(ms)d ms", '"late_ms":%(ms)d'),
    ),
)
"""What no user asked for."""

REQUESTS: Final = (BROWSE,) * 6 + (ADD_TO_CART,) * 3 + (CHECKOUT,) * 2 + (HOUSEKEEPING,)
"""Kinds of requests, as often as they come."""
