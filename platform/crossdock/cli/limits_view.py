"""How limits, and entries beyond them, look to a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crossdock.cli.finding import called, find
from crossdock.cli.options import known_type
from crossdock.cli.output import Redact, print_fields, print_folded, print_heading, print_table, shortened
from crossdock.limits.preset import Preset
from crossdock.limits.rule import LimitRule
from crossdock.limits.sieve import broken
from crossdock.records import RECORD_TYPES, SUB_RECORDS, Working

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.store import Store

_LONGEST_LIMIT = 24


def configured_rules(place: Place) -> Sequence[LimitRule]:
    """List what plugins.toml limits; without such a file, nothing."""
    return place.config.limits if place.file.exists() else ()


def show_presets(presets: Iterable[Preset]) -> None:
    """Print the presets, a line each."""
    print_table(("preset", "limits", "for"), [(one.name, _listed(one.limits.given), one.title) for one in presets])


def show_rules(rules: Sequence[LimitRule], names: Mapping[str, str], redact: Redact) -> None:
    """Print what is configured, a line each."""
    if not rules:
        return
    print_heading("Configured")
    rows = [
        (
            rule.name,
            "(any)" if rule.connection_id is None else names.get(rule.connection_id, rule.connection_id),
            rule.module_id or "(any)",
            ", ".join(sorted(rule.record_types)) or "(all)",
            _listed(rule.limits.given),
        )
        for rule in rules
    ]
    print_table(("limit", "connection", "module", "records", "limits"), rows, redact=redact, indent=2)


def show_preset(preset: Preset) -> None:
    """Print a page about one preset."""
    print_folded(f"{preset.name}: {preset.title}")
    print_heading("Limits")
    print_fields([(name, _told(value)) for name, value in preset.limits.given.items()])
    print_heading("What counts")
    for line in preset.counts:
        print_folded(f"  {line}")
    print_heading("Source")
    print_folded(f"  {preset.source}")


def chosen_records(
    place: Place, store: Store, reference: str | None, record_type: str | None
) -> Iterator[tuple[str, Working]]:
    """Walk the records that are meant, with their types: one, all of a type, or all.

    Raises:
        ConfigError: there is no such record or type.
    """
    if reference is not None:
        yield find(place, store, reference)
        return
    for name in RECORD_TYPES if record_type is None else [known_type(record_type)]:
        for record in store.records(name):
            yield name, record


def beyond(rules: Sequence[LimitRule], record_type: str, record: Working) -> Iterator[dict[str, Any]]:
    """Find what breaks a limit on a record and its parts."""
    holding = [rule for rule in rules if rule.holds_for(record_type)]
    holders = [("", record)] + [
        (f"{name}[{part[id_name]}]", part)
        for name, id_name in SUB_RECORDS[record_type].items()
        for part in record.get(name, ())
    ]
    for place, holder in holders:
        for one in broken(holding, holder.get("customData", {})):
            yield {
                "record": called(record_type, record),
                "localId": record["localId"],
                "place": place,
                "key": one.key,
                "limit": one.limit,
                "rule": one.rule,
                "by": one.by,
                "detail": one.said,
            }


def show_beyond(found: Sequence[Mapping[str, Any]], names: Mapping[str, str], redact: Redact) -> None:
    """Print what breaks limits, a line each."""
    rows = [(one["record"], _entry(one, names), f"{one['detail']} ({one['limit']}, {one['rule']})") for one in found]
    print_table(("record", "entry", "beyond"), rows, redact=redact)


def _entry(one: Mapping[str, Any], names: Mapping[str, str]) -> str:
    inside = f" of {one['place']}" if one["place"] else ""
    if one["key"] is None:
        return f"(all together){inside}"
    owner, module, key = one["key"].split("|")
    return f"{names.get(owner, owner)}|{module}|{key}{inside}"


def _listed(limits: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {shortened(_told(value), _LONGEST_LIMIT)}" for name, value in limits.items())


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return "/".join(map(str, value)) if isinstance(value, tuple) else str(value)
