"""One connection in the place of another, in one record: its entries, its keys in maps by connection, its parts."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Literal, NamedTuple, TypeAlias

from msgspec import Struct, field

from crossdock.customdata import dictionary_key, split_dictionary_key
from crossdock.customdata.sameness import same
from crossdock.mapping.part_identity import renamed_part
from crossdock.records import SUB_RECORDS, Working
from crossdock.store.writes.layout import holders, map_at

OnConflict: TypeAlias = Literal["refuse", "keep", "overwrite"]


class Succession(Struct, frozen=True):
    """Who takes whose place, and with what.

    Args:
        old: the connection that is gone.
        new: the one that takes over; ``None``: nobody, the entries go.
        identity: whether remote ids, links, and what is known of imports are handed over as well, since both are the
            same remote system.
        on_conflict: what happens to an entry that the new one has as well, with another value: the whole hand-over is
            refused, the new one keeps its own, or it is overwritten.
        blocks: what the blocks of the new one's mappings are called, by record type: their parts get the ids that its
            own imports will give them.
    """

    old: str
    new: str | None
    identity: bool = False
    on_conflict: OnConflict = "refuse"
    blocks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Clash(NamedTuple):
    """What both have in one place, with different values."""

    place: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.place}: is {self.new!r}, would become {self.old!r}"


class Succeeded(Struct):
    """What became of one record; ``entries`` and ``ids`` count what was handed over or goes."""

    content: Working
    entries: int = 0
    ids: int = 0
    clashes: list[Clash] = field(default_factory=list)


def succeed(record_type: str, content: Working, succession: Succession) -> Succeeded:
    """Put one connection into the place of another; ``content`` is wire-level and left as it is."""
    done = Succeeded(deepcopy(content))
    for place, holder, id_maps in holders(record_type, done.content):
        _hand_over_entries(place, holder, succession, done)
        if succession.identity:
            for steps in id_maps:
                _hand_over_id(f"{place}{'.'.join(steps)}", map_at(holder, steps), succession, done)
    if succession.identity:
        _hand_over_links(done, succession)
        _rename_parts(record_type, content, succession, done)
    return done


def _hand_over_entries(place: str, holder: Working, succession: Succession, done: Succeeded) -> None:
    entries = holder.get("customData")
    if not entries:
        return
    lead = f"{succession.old}|"
    left: Working = {}
    for key, entry in entries.items():
        if not key.startswith(lead):
            left.setdefault(key, entry)
            continue
        done.entries += 1
        if succession.new is None:
            continue
        _owner, module, name = split_dictionary_key(key)
        new_key = dictionary_key(succession.new, module, name)
        handed = entry | {"connectionId": succession.new}
        theirs = entries.get(new_key)
        if theirs is not None and not same(theirs, handed):
            if succession.on_conflict == "refuse":
                done.clashes.append(Clash(f"{place}customData[{new_key}]", entry["value"], theirs["value"]))
            elif succession.on_conflict == "keep":
                continue
        left[new_key] = handed
    if left:
        holder["customData"] = left
    else:
        del holder["customData"]


def _hand_over_id(place: str, ids: Working, succession: Succession, done: Succeeded) -> None:
    old, new = succession.old, str(succession.new)
    if old not in ids:
        return
    done.ids += 1
    if new in ids and ids[new] != ids[old]:
        done.clashes.append(Clash(f"{place}[{new}]", ids[old], ids[new]))
    left = {new if key == old else key: value for key, value in ids.items() if key != new or old not in ids}
    ids.clear()
    ids.update(left)


def _hand_over_links(done: Succeeded, succession: Succession) -> None:
    for link in done.content.get("links", ()):
        if link.get("connectionId") == succession.old:
            link["connectionId"] = succession.new
            done.ids += 1


def _rename_parts(record_type: str, before: Working, succession: Succession, done: Succeeded) -> None:
    """Give the parts that the old one's mapping made the ids that the new one's would give them."""
    old, new = succession.old, str(succession.new)
    record_id = before.get("remoteIdMap", {}).get(old)
    blocks = succession.blocks.get(record_type, ())
    if record_id is None or not blocks:
        return
    for name, id_field in SUB_RECORDS[record_type].items():
        parts: list[Working] = before.get(name, [])
        for was, part in zip(parts, done.content.get(name, ()), strict=True):
            own_id = was.get("remoteIdMap", {}).get(old)
            found = renamed_part(was[id_field], old, new, record_type, record_id, own_id, blocks, len(parts))
            part[id_field] = found or was[id_field]
