"""Every example of the page about mappings gives what the page says."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crossdock.mapping.mapped import Mapped
from crossdock.mapping.prove import prove
from crossdock.records.wire import encode_record, parse_json
from tests.mapping.building import CONNECTION, mapper_of

PAGE = Path(__file__).parents[2] / "docs" / "mapping.md"
_BLOCK = re.compile(r"^```(toml mapping|toml connection|json payload|json gives)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> list[dict[str, str]]:
    """The blocks of each example by their names; an example begins with its mapping."""
    found: list[dict[str, str]] = []
    for name, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if name == "toml mapping":
            found.append({})
        found[-1][name] = text
    return found


EXAMPLES = examples()


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == 9


@pytest.mark.parametrize("example", EXAMPLES, ids=[str(number) for number in range(len(EXAMPLES))])
def test_an_example_gives_what_the_page_says(example: dict[str, str]) -> None:
    text = example["toml mapping"]
    own = example.get("toml connection")
    mapper = mapper_of(text if "[order]" in text else f'[order]\nid = "id"\n{text}', own and f"[[connection]]\n{own}")
    payload = {"id": 1, **parse_json(example["json payload"].encode())}
    mapped = mapper.map(payload)
    assert prove(mapper, payload, mapped) == []
    assert _shown(mapped) == parse_json(example["json gives"].encode())


def _shown(mapped: Mapped) -> dict[str, Any]:
    """A record as the page shows it: without what every record has, entries by key, the ledger without the id."""
    stashes = [_stash(mapped.record), *(_stash(part.record) for part in mapped.parts)]
    record: dict[str, Any] = parse_json(encode_record(mapped.record).replace(CONNECTION.encode(), b"*"))
    del record["remoteIdMap"]
    parts = [part for name in ("rows", "payments") for part in record.get(name, [])]
    for holder, stash in zip([record, *parts], stashes, strict=True):
        holder.pop("customData", None)
        holder.pop("rowId", None)
        holder.pop("paymentId", None)
        if stash:
            holder["stash"] = stash
    counts = mapped.ledger._replace(leaves=mapped.ledger.leaves - 1, mapped=mapped.ledger.mapped - 1)
    record["ledger"] = {name: count for name, count in counts.as_wire().items() if count}
    return record


def _stash(holder: dict[str, Any]) -> dict[str, Any]:
    return {entry["key"]: entry["value"] for entry in holder.get("customData", {}).values()}


def test_numbers_of_the_page_are_exact() -> None:
    payload = parse_json(EXAMPLES[-1]["json payload"].encode())
    assert payload["billing"]["geo"]["lat"] == Decimal("63.8")
