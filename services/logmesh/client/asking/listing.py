"""A list over as many pages as it takes, such as the ledger: what to ask next, and what has come. Pure, as `paging`."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Final, Generic, TypeVar

_MAX_PAGE: Final = 1_000

T = TypeVar("T")


class Listed(list[T]):
    """The first rows of a list; `total` is how many it has in all, as far as the server counts them."""

    def __init__(self, rows: Iterable[T] = (), total: int = 0) -> None:
        super().__init__(rows)
        self.total = total


class Listing(Generic[T]):
    """Ask with `request` until it is None, and `take` each answer; then `found` has the rows, each once."""

    def __init__(
        self,
        request: Any,
        limit: int,
        rows_of: Callable[[Any], Iterable[T]],
        key: Callable[[T], Hashable] = lambda row: row,
    ) -> None:
        """A row that comes again on a later page is one with the same `key`. Raises ValueError for a negative limit."""
        if limit < 0:
            raise ValueError(f"limit is {limit}")
        self._request, self._limit, self._rows_of, self._key = request, limit, rows_of, key
        self._rows: dict[Hashable, T] = {}
        self._total = 0
        self._more = True

    def request(self) -> Any:
        """The next page's request, None when there is nothing left to ask."""
        left = self._limit - len(self._rows)
        if not self._more or left <= 0:
            return None
        self._request.page_size = min(left, _MAX_PAGE)
        return self._request

    def take(self, page: Any) -> None:
        """An answer."""
        self._rows |= {self._key(row): row for row in self._rows_of(page)}
        self._total = max(self._total, getattr(page, "total", 0), len(self._rows))
        self._request.page_token = page.next_page_token
        self._more = bool(page.next_page_token)

    @property
    def found(self) -> Listed[T]:
        """All that has come."""
        return Listed(self._rows.values(), self._total)
