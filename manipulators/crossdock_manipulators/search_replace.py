"""``search-replace``: what is found in a text is replaced."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field

from crossdock import (
    Context,
    Example,
    Manipulate,
    ManipulatorSettings,
    ManipulatorSpec,
    RecordField,
    SettingError,
    Setup,
    Working,
    writable_field,
)
from crossdock_manipulators.access import MisfitError, fitter, names_of, shown, updater
from crossdock_manipulators.pattern import Substitute, compile_substitution
from crossdock_manipulators.sequence import in_turn
from crossdock_manipulators.settings import FIELD, WHERE, FieldNames

_TEXT = frozenset({"string", "country", "currency", "language", "choice"})


class SearchReplace(ManipulatorSettings):
    """Settings of ``search-replace``."""

    field: FieldNames = Field(description=FIELD)
    search: str = Field(min_length=1, description="what to look for: the text itself, or a pattern with `regex = true`")
    replace: str = Field(description="what to put there; with `regex = true`, `\\1` or `\\g<name>` is a group")
    regex: bool = Field(
        default=False,
        description="`search` is a regular expression of RE2: no look-around and no back-references, but no pattern "
        "and no text can make it slow",
    )
    ignore_case: bool = Field(default=False, description="find `ab` in `AB` too")
    where: str | None = Field(default=None, description=WHERE)


def build(settings: SearchReplace, setup: Setup) -> Manipulate:
    """Make the step; a result that the field does not take leaves it as it was, with a warning."""
    if settings.regex:
        substitute = compile_substitution(settings.search, settings.replace, ignore_case=settings.ignore_case)
    else:
        substitute = _literally(settings)
    steps = []
    for setting, name in names_of(settings.field):
        field = writable_field(setup, setting, name, elements=True)
        if field.kind not in _TEXT:
            raise SettingError(setting, f"{name!r} holds no text, but {field.kind}; there is nothing to search in")
        steps.append(_replacer(field, substitute, settings))
    return in_turn(steps)


def _literally(settings: SearchReplace) -> Substitute:
    search, new = settings.search, settings.replace
    if not settings.ignore_case:
        return lambda text: text.replace(search, new)
    pattern = re.compile(re.escape(search), re.IGNORECASE)  # a literal cannot run away
    return lambda text: pattern.sub(lambda _: new, text)


def _replacer(field: RecordField, substitute: Substitute, settings: SearchReplace) -> Manipulate:
    update, fit = updater(field, where=settings.where), fitter(field)

    def run(record: Working, context: Context) -> Working:
        def replaced(value: Any) -> Any:
            if type(value) is not str:
                return value
            try:
                new = substitute(value)
                return new if new == value else fit(new)
            except MisfitError as error:
                context.warn(f"search-replace: {error}; it stays as it was")
            except UnicodeEncodeError:
                context.warn(f"search-replace: {field.text!r} holds half of a character, {shown(value)}; left as it is")
            return value

        update(record, replaced)
        return record

    return run


SPEC = ManipulatorSpec(
    name="search-replace",
    title="replaces what is found in a text, literally or by a pattern",
    settings=SearchReplace,
    build=build,
    custom_data=False,
    examples=(
        Example(
            title="SKUs lose the prefix of the shop",
            toml='field = "rows[].sku"\nsearch = "SHOP-"\nreplace = ""',
            before={"rows": [{"sku": "SHOP-100"}, {"sku": "200"}]},
            after={"rows": [{"sku": "100"}, {"sku": "200"}]},
        ),
        Example(
            title="Swedish postal codes are written with a blank",
            toml='when = "billingAddress.countryCode == \'SE\'"\nfield = "billingAddress.postalCode"\n'
            "search = '^(\\d{3})(\\d{2})$'\nreplace = '\\1 \\2'\nregex = true",
            before={"billingAddress": {"countryCode": "SE", "postalCode": "22100"}},
            after={"billingAddress": {"countryCode": "SE", "postalCode": "221 00"}},
        ),
    ),
)
