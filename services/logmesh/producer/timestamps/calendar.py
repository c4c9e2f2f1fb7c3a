"""Days, months and times of day as numbers."""

from datetime import date
from functools import lru_cache
from typing import Final

DAY: Final = 86_400
_EPOCH: Final = date(1970, 1, 1).toordinal()
_LAST_DAY: Final = date.max.toordinal() - _EPOCH

_ENGLISH: Final = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
                   "november", "december")  # fmt: skip
# As `date` and syslog write them in other languages, where they differ from the first three letters in English.
_OTHERS: Final = {
    "janv.": 1, "ene": 1, "gen": 1, "févr.": 2, "fév": 2, "mars": 3, "mär": 3, "mrt": 3, "avr": 4, "avril": 4, "abr": 4,
    "mai": 5, "maj": 5, "mag": 5, "mei": 5, "juin": 6, "giu": 6, "juil.": 7, "juil": 7, "lug": 7, "août": 8, "ago": 8,
    "sept": 9, "sept.": 9, "set": 9, "oct.": 10, "okt": 10, "ott": 10, "out": 10, "nov.": 11, "déc.": 12, "déc": 12,
    "dez": 12, "dic": 12,
}  # fmt: skip
_IN_FULL: Final = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
)
MONTHS: Final[dict[bytes, int]] = {
    **{name.encode(): number for name, number in _OTHERS.items()},
    **{name.encode(): number for names in _IN_FULL for number, name in enumerate(names.split(), 1)},
    **{name.encode(): number for number, name in enumerate(_ENGLISH, 1)},
    **{name[:3].encode(): number for number, name in enumerate(_ENGLISH, 1)},
}
"""Number by name, in small letters."""


@lru_cache(maxsize=512)
def day_number(year: int, month: int, day: int) -> int:
    """Days since 1970; 0 for a day that no month has, and for all before."""
    try:
        return max(date(year, month, day).toordinal() - _EPOCH, 0)
    except ValueError:
        return 0


@lru_cache(maxsize=16)
def year_of(day: int) -> int:
    """The year of a day number."""
    return date.fromordinal(min(max(day, 0), _LAST_DAY) + _EPOCH).year


def local_seconds(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """Seconds since 1970 of a wall's clock, as if it were UTC's; 0 where there is no such time."""
    midnight = day_number(year, month, day) * DAY
    if not midnight or hour > 24 or minute > 59 or second > 60:
        return 0
    return midnight + hour * 3600 + minute * 60 + second
