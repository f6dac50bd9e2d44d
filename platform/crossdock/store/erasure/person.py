"""A person as texts to look for: what says by itself whose it is, and what does so only in its place.

- An e-mail address says everywhere who is meant.
- A phone number, a street with its number, a whole name or a company say it in what is known to be about the person,
  and in texts that are about no record. Others may share them, so records of others are left alone.
- A first name says it in nothing but custom data of the person's own records.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from urllib.parse import quote

from crossdock.records import Working, unpack_record
from crossdock.records.fields import RecordField, all_fields
from crossdock.records.personal import ERASED, PersonalKind
from crossdock.store.erasure.scan import readings

_FEWEST_DIGITS = 6
_FEWEST_LETTERS = 5
# Any of it may stand in the query of a URL, where a letter may be written %C3%A9, and what comes before it %20.
_BETWEEN_DIGITS = r"(?:[\s().\-/]|%20|%28|%29)*"
_BETWEEN_WORDS = r"(?:\s|%20|\+)+"
_BEGIN = r"(?:(?<!\w)|(?<=%[0-9a-f]{2}))"


@dataclass(frozen=True)
class Person:
    """Everything by which one person is looked for.

    Args:
        email: the address that is looked for everywhere, if the person is known by one.
        values: what their records say of them, each with its kind.
        names: first and last names that stand together.
    """

    email: str | None = None
    values: frozenset[tuple[PersonalKind, str]] = frozenset()
    names: frozenset[tuple[str, str]] = frozenset()

    @cached_property
    def everywhere(self) -> re.Pattern[str]:
        """Finds what is looked for in everything, records of others included."""
        wanted = (self.email or "").casefold()
        return _pattern(_email(value) for kind, value in self.values if kind == "email" and value.casefold() == wanted)

    @cached_property
    def telling(self) -> re.Pattern[str]:
        """Finds what says who it is, in a text that is about nobody else."""
        return _pattern([*self._emails, *self._names, *self._phones, *self._streets, *self._companies])

    @cached_property
    def everything(self) -> re.Pattern[str]:
        """Finds whatever may be about the person, in what is known to be."""
        names = [_words(value) for kind, value in self.values if kind not in ("text", "phone", "email")]
        texts = [_words(value) for kind, value in self.values if kind == "text" and len(value) >= _FEWEST_LETTERS]
        return _pattern([*self._emails, *self._phones, *names, *texts])

    @cached_property
    def placed(self) -> re.Pattern[str]:
        """Finds where the person lives, or can be called."""
        return _pattern([*self._phones, *self._streets])

    def is_meant(self, text: str) -> bool:
        """Say whether a text has what is looked for everywhere; most have not, which is seen at once."""
        lowered = text.lower()
        return any(one in lowered for one in self._lowered) and self.everywhere.search(text) is not None

    def is_told(self, text: str) -> bool:
        """Say whether a text says who it is."""
        return self.is_meant(text) or self.telling.search(text) is not None

    def shares(self, document: str, record_type: str) -> bool:
        """Say whether another's record, packed, has the whole name, and where the person lives or can be called."""
        lowered = document.lower()
        if not any(last.lower() in lowered for _first, last in self.names) or not self.placed.search(document):
            return False
        names = person_of(None, [((record_type, ""), unpack_record(document))]).names
        folded = {(first.casefold(), last.casefold()) for first, last in self.names}
        return any((first.casefold(), last.casefold()) in folded for first, last in names)

    def __or__(self, other: Person) -> Person:
        """Know as much as both."""
        return Person(self.email, self.values | other.values, self.names | other.names)

    @cached_property
    def _lowered(self) -> tuple[str, ...]:
        emails = [value for kind, value in self.values if kind == "email" and self.everywhere.fullmatch(value)]
        return tuple({spelling.lower() for value in emails for spelling in _spellings(value)})

    @property
    def counts(self) -> dict[str, int]:
        """How many values of each kind are looked for, without telling them."""
        found = {
            "e-mail address": len(self._emails),
            "whole name": len(self.names),
            "phone number": len(self._phones),
            "street": len(self._streets),
            "company or other name": len(self._companies),
        }
        return {name: count for name, count in found.items() if count}

    @property
    def _emails(self) -> list[str]:
        return self._of("email", _email)

    @property
    def _phones(self) -> list[str]:
        return self._of("phone", _phone)

    @property
    def _streets(self) -> list[str]:
        return self._of("street", lambda street: _long(street) if re.search(r"\d", street) else None)

    @property
    def _companies(self) -> list[str]:
        return self._of("name", lambda name: None if name.isdigit() else _long(name))

    @property
    def _names(self) -> list[str]:
        both = [order for names in self.names for order in (names, names[::-1])]
        return sorted({rf"{_words(one)}(?:,|%2c)?{_BETWEEN_WORDS}{_words(other)}" for one, other in both})

    def _of(self, kind: PersonalKind, pattern_of: Callable[[str], str | None]) -> list[str]:
        made = {pattern_of(value) for one, value in self.values if one == kind}
        return sorted(pattern for pattern in made if pattern)


def person_of(email: str | None, known: Iterable[tuple[tuple[str, str], Working]]) -> Person:
    """Learn of a person from an address and from what is known to be about them.

    Args:
        email: the address.
        known: types and localIds of records, and what such a record says or once said; a first name and a last one that
            ever stood in the same place of a record are taken together.
    """
    values: set[tuple[PersonalKind, str]] = set() if email is None else {("email", email)}
    named: dict[tuple[object, ...], tuple[set[str], set[str]]] = {}
    for key, record in known:
        record_type = key[0]
        values.update(_values(record_type, record))
        for place, first, last in _named(record_type, record):
            firsts, lasts = named.setdefault((*key, place), (set(), set()))
            firsts.update(first)
            lasts.update(last)
    names = {pair for firsts, lasts in named.values() for pair in product(firsts, lasts)}
    return Person(email, frozenset(values), frozenset(names))


def has_email(email: str, record_type: str, record: Working) -> bool:
    """Say whether a record has an address in one of the fields for it."""
    return email.casefold() in (one.casefold() for one in emails_of(record_type, record))


def emails_of(record_type: str, record: Working) -> list[str]:
    """List the addresses in the fields for them."""
    return [value for kind, value in _values(record_type, record) if kind == "email"]


def _values(record_type: str, record: Working) -> Iterator[tuple[PersonalKind, str]]:
    for kind, mark in _marks(record_type):
        for _parent, value in mark.values(record):
            for text in value.values() if isinstance(value, dict) else (value,):
                if said := _said(text):
                    yield kind, said


def _named(record_type: str, record: Working) -> Iterator[tuple[tuple[str, ...], list[str], list[str]]]:
    """Walk the places of a record that have names: the steps there, first names and last names."""
    for kind, mark in _marks(record_type):
        if kind in ("firstName", "lastName"):
            said = [text for _parent, value in mark.values(record) if (text := _said(value))]
            yield mark.steps[:-1], *((said, []) if kind == "firstName" else ([], said))


@cache
def _marks(record_type: str) -> tuple[tuple[PersonalKind, RecordField], ...]:
    return tuple((field.personal, field) for field in all_fields(record_type) if field.personal)


def _said(value: object) -> str | None:
    """Return what a field says of a person; what was erased says nothing any more."""
    text = value.strip() if isinstance(value, str) else ""
    return text if text and text != ERASED else None


def _pattern(alternatives: Iterable[str]) -> re.Pattern[str]:
    """Compile a pattern for any of these, the longest first; none of none."""
    longest_first = sorted(set(alternatives), key=lambda one: (-len(one), one))
    return re.compile("|".join(longest_first) or r"(?!)", re.IGNORECASE)


def _words(text: str) -> str:
    """Find these words and not a part of others, whatever is between them, as they are written or as they are read."""
    read = [one for one in readings(text) if one == text or len(one.strip()) >= _FEWEST_LETTERS]
    written = [words for one in read for words in (one.split(), [quote(word, safe="") for word in one.split()])]
    spellings = {_BETWEEN_WORDS.join(map(re.escape, words)) for words in written}
    return rf"{_BEGIN}(?:{'|'.join(sorted(spellings))})(?!\w)"


def _long(text: str) -> str | None:
    return _words(text) if len(text) >= _FEWEST_LETTERS else None


def _email(address: str) -> str:
    """Find an address and not the end or the beginning of a longer one."""
    spellings = "|".join(sorted(map(re.escape, _spellings(address))))
    return rf"(?:(?<![\w.+%-])|(?<=%[0-9a-f]{{2}})|(?<=%25[0-9a-f]{{2}}))(?:{spellings})(?![\w-]|\.\w)"


def _spellings(address: str) -> set[str]:
    """List how an address is written: as it is read, and as in the query of a URL, or of a URL in a URL."""
    read = set(readings(address))
    in_url = {made for one in read for made in (one.replace("@", "%40"), quote(one, safe=""))}
    return read | in_url | {quote(one, safe="") for one in in_url}


def _phone(number: str) -> str | None:
    """Find a number however its digits are grouped; one of few digits could be anything."""
    digits = re.sub(r"\D", "", number)
    if len(digits) < _FEWEST_DIGITS:
        return None
    return rf"{_BEGIN}(?:\+|%2b)?{_BETWEEN_DIGITS.join(digits)}(?!\w)"
