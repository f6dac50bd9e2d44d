"""Lists: which rows, in which order, which page of them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from . import clock
from .refusal import Refusal, invalid_parameter
from .store import SORT_KEYS, Row, Table

Pairs = tuple[tuple[str, str], ...]
BOOLEANS = {"true": True, "1": True, "false": False, "0": False, "": False}


@dataclass(frozen=True, slots=True)
class Kind:
    """How the lists of one resource behave; `orderings` maps `orderby`, default first, to a key of `SORT_KEYS`."""

    orderings: Mapping[str, str]
    direction: str = "desc"
    statuses: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    modified_filter: bool = True


BY_DATE = {"date": "date", "id": "id", "include": "id", "title": "title", "slug": "title", "modified": "modified"}
ORDER_STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "shipped")
ORDERS = Kind(
    BY_DATE,
    statuses=("any", "trash", *ORDER_STATUSES, "checkout-draft"),
    hidden=frozenset({"trash", "checkout-draft", "auto-draft"}),
)
REFUNDS = Kind(BY_DATE)
PRODUCTS = Kind(
    {**BY_DATE, "price": "title", "popularity": "id", "rating": "id", "menu_order": "title"},
    statuses=("any", "future", "trash", "draft", "pending", "private", "publish"),
    hidden=frozenset({"trash", "auto-draft"}),
)
CUSTOMERS = Kind(
    {"name": "title", "id": "id", "include": "id", "registered_date": "date"}, direction="asc", modified_filter=False
)
WEBHOOKS = Kind({"date": "date", "id": "id", "include": "id", "title": "title"}, modified_filter=False)


@dataclass(frozen=True, slots=True)
class Window:
    """Bounds on one date of a row, both exclusive; None leaves a side open."""

    after: str | None = None
    before: str | None = None

    def holds(self, moment: str) -> bool:
        """Tell whether a moment lies between the bounds."""
        return (self.after is None or moment > self.after) and (self.before is None or moment < self.before)

    @property
    def open(self) -> bool:
        """Whether there is no bound at all."""
        return self.after is None and self.before is None


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The parameters of a list, checked as the shop checks them; parameters it does not know it ignores."""

    page: int = 1
    per_page: int = 10
    offset: int | None = None
    orderby: str = "date"
    descending: bool = True
    statuses: frozenset[str] | None = None
    created: Window = field(default_factory=Window)
    modified: Window = field(default_factory=Window)
    include: tuple[int, ...] = ()
    exclude: frozenset[int] = frozenset()

    @classmethod
    def read(cls, pairs: Pairs, kind: Kind) -> ListQuery:
        """Read the query of a request.

        Raises:
            Refusal: 400 `rest_invalid_param`.
        """
        one = dict(pairs)
        gmt = boolean(one, "dates_are_gmt")
        return cls(
            page=integer(one, "page", 1, least=1) or 1,
            per_page=integer(one, "per_page", 10, least=1, most=100) or 10,
            offset=integer(one, "offset", None, least=0),
            orderby=_choice(one, "orderby", tuple(kind.orderings)),
            descending=_choice(one, "order", ("desc", "asc"), kind.direction) == "desc",
            statuses=_statuses(pairs, kind),
            created=_window(one, "", dates_are_gmt=gmt),
            modified=_window(one, "modified_", dates_are_gmt=gmt) if kind.modified_filter else Window(),
            include=integers(pairs, "include"),
            exclude=frozenset(integers(pairs, "exclude")),
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """A page of rows; `total` and `pages` are what the headers say: 0 for an empty page, whatever the true total."""

    rows: list[Row]
    total: int
    pages: int


def select(table: Table, query: ListQuery, kind: Kind, keep: Callable[[Row], bool] | None = None) -> Selection:
    """Return the page of `table` that a query asks for; `keep` filters by what the query cannot know."""
    rows = _matching(table, query, kind)
    if keep is not None:
        rows = [row for row in rows if keep(row)]
    if query.orderby == "include" and query.include:
        place = {row_id: index for index, row_id in enumerate(query.include)}
        rows = sorted(rows, key=lambda row: place[row.id])
    start = (query.page - 1) * query.per_page if query.offset is None else query.offset
    stop = min(start + query.per_page, len(rows))
    if query.descending and query.orderby != "include":
        page = rows[len(rows) - stop : len(rows) - start][::-1] if start < stop else []
    else:
        page = rows[start:stop]
    total = len(rows) if page else 0
    return Selection(page, total, -(-total // query.per_page))


def _matching(table: Table, query: ListQuery, kind: Kind) -> list[Row]:
    order = kind.orderings[query.orderby]
    rows = table.view(order, query.statuses, hidden=kind.hidden)
    created, modified = query.created, query.modified
    if order == "modified" and not modified.open:  # sorted by what is asked for: no need to look at every row
        by = SORT_KEYS[order]
        start = bisect_right(rows, (modified.after, _LAST), key=by) if modified.after else 0
        stop = bisect_left(rows, (modified.before, 0), key=by) if modified.before else len(rows)
        rows, modified = rows[start:stop], Window()
    if query.include:
        wanted = frozenset(query.include)
        rows = [row for row in rows if row.id in wanted]
    if query.exclude or not created.open or not modified.open:
        rows = [
            row
            for row in rows
            if row.id not in query.exclude and created.holds(row.created) and modified.holds(row.modified)
        ]
    return rows


_LAST = 1 << 62  # above every id: after the last row of its second


def integer(
    one: Mapping[str, str], name: str, default: int | None, *, least: int, most: int | None = None
) -> int | None:
    """Read a whole number between bounds."""
    text = one.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[+-]?\d{1,18}", text.strip()):
        raise invalid_parameter(name, f"{name} is not of type integer.", "rest_invalid_type")
    number = int(text)
    if most is not None and not least <= number <= most:
        message = f"{name} must be between {least} (inclusive) and {most} (inclusive)"
        raise invalid_parameter(name, message, "rest_out_of_bounds")
    if number < least:
        raise invalid_parameter(name, f"{name} must be greater than or equal to {least}", "rest_out_of_bounds")
    return number


def words(pairs: Pairs, name: str) -> list[str]:
    """Read a list: `a,b`, `name[]=a&name[]=b` and `name[0]=a` alike."""
    plain = re.compile(re.escape(name) + r"(\[\d*\])?")
    found = (value for key, value in pairs if plain.fullmatch(key))
    return [word for value in found for word in re.split(r"[\s,]+", value) if word]


def integers(pairs: Pairs, name: str) -> tuple[int, ...]:
    """Read a list of ids."""
    found = words(pairs, name)
    for index, word in enumerate(found):
        if not word.isdecimal():
            raise invalid_parameter(name, f"{name}[{index}] is not of type integer.", "rest_invalid_type")
    return tuple(map(int, found))


def boolean(one: Mapping[str, str], name: str) -> bool:
    """Read a yes or no; no by default."""
    text = one.get(name, "false").lower()
    if text not in BOOLEANS:
        raise invalid_parameter(name, f"{name} is not of type boolean.", "rest_invalid_type")
    return BOOLEANS[text]


def _choice(one: Mapping[str, str], name: str, choices: tuple[str, ...], default: str | None = None) -> str:
    text = one.get(name, default or choices[0])
    if text not in choices:
        raise not_one_of(name, name, choices)
    return text


def not_one_of(name: str, place: str, choices: Iterable[str]) -> Refusal:
    """A parameter, or one item of it (`place`), is none of the words it may be."""
    *most, last = choices
    message = f"{place} is not one of {', '.join(most)}, and {last}."
    return invalid_parameter(name, message, "rest_not_in_enum")


def _statuses(pairs: Pairs, kind: Kind) -> frozenset[str] | None:
    found = words(pairs, "status")
    if not kind.statuses or not found:
        return None
    for index, word in enumerate(found):
        if word not in kind.statuses:
            raise not_one_of("status", f"status[{index}]", kind.statuses)
    return None if "any" in found else frozenset(found)


def _window(one: Mapping[str, str], prefix: str, *, dates_are_gmt: bool) -> Window:
    return Window(
        _bound(one, f"{prefix}after", dates_are_gmt=dates_are_gmt),
        _bound(one, f"{prefix}before", dates_are_gmt=dates_are_gmt),
    )


def _bound(one: Mapping[str, str], name: str, *, dates_are_gmt: bool) -> str | None:
    if name not in one:
        return None
    found = clock.bound(one[name], dates_are_gmt=dates_are_gmt)
    if found is None:
        raise invalid_parameter(name, "Invalid date.", "rest_invalid_date")
    return found
