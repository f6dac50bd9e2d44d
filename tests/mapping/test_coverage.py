"""Coverage says for each remote path what became of it, over all payloads."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import given, settings, strategies as st

from crossdock.mapping.coverage import Coverage, PathCoverage
from crossdock.mapping.ledger import sum_ledgers
from crossdock.mapping.mapped import Refusal
from crossdock.mapping.mapper import Mapper
from crossdock.records.wire import dump_json, parse_json
from tests.mapping.building import CONNECTION, mapping_of
from tests.mapping.mappings import mappings, payloads
from tests.mapping.test_prove import built

MAPPING = mapping_of("""
[order]
id = "id"
[order.fields]
channel = "via"
customerNote = "upper(note)"
currency = "currency"
"billingAddress.city" = "meta_data[?key=='city'].value | [0]"
orderStatus = "'pending'"
[order.rows.product]
over = "lines"
id = "id"
[order.rows.product.fields]
type = "'product'"
sku = "sku"
name = "name"
[order.keyValue.meta]
list = "meta_data"
drop = { id = "only a number" }
[order.rows.product.keyValue.meta]
list = "meta_data"
[order.drop]
_links = "navigation"
[order.redact]
secret = "opens the door"
""")

PAYLOADS: list[dict[str, Any]] = [
    {
        "id": 1,
        "via": "web",
        "note": "n",
        "rate": Decimal("1.10"),
        "secret": "hush",
        "_links": [{"href": "a"}],
        "lines": [{"id": 1, "sku": "s", "taxes": [{"id": 1}]}, {"id": 2, "sku": ""}],
        "meta_data": [{"id": 5, "key": "city", "value": "x"}, {"id": 6, "key": "a.b", "value": {"c": [1, 2]}}],
    },
    {"id": 2, "via": "", "note": None, "lines": [{"id": 3, "sku": "t", "meta_data": [{"key": "k", "value": ""}]}]},
]


def covered() -> Coverage:
    coverage = Coverage(MAPPING)
    for payload in PAYLOADS:
        coverage.add(payload)
    return coverage


def row(path: str) -> PathCoverage:
    return next(row for row in covered().rows if row.path == path)


def test_indexes_are_one_path() -> None:
    assert (row("lines[].sku").seen, row("lines[].sku").mapped, row("lines[].sku").empty) == (3, 2, 1)


def test_a_mapped_path_names_its_lines() -> None:
    assert row("via").lines == {"channel": 1}
    assert row("lines[].id").lines == {"rows.product.remoteIdMap": 3}


def test_entries_of_key_value_lists_are_paths_of_their_own() -> None:
    assert row("meta.city").lines == {"billingAddress.city": 1}
    assert row("meta.a.b.c[]").stashed == 2
    assert row("lines[].meta.k").stashed == 1
    assert row("meta_data[].key").seen == 2
    assert row("meta_data[].id").reasons == {"only a number": 2}


def test_what_is_only_looked_at_counts_as_stashed() -> None:
    assert (row("note").stashed, row("note").empty) == (1, 1)


def test_a_dropped_path_says_why() -> None:
    assert row("_links[].href").reasons == {"navigation": 1}


def test_an_example_is_the_first_value_that_holds_something() -> None:
    assert row("via").example == '"web"'
    assert row("rate").example == "1.10"


def test_a_secret_is_no_example() -> None:
    assert row("secret").example == '"[redacted]"'
    assert "hush" not in json.dumps(covered().as_wire())


def test_a_long_example_is_cut() -> None:
    coverage = Coverage(MAPPING)
    coverage.add({"id": 1, "text": "x" * 1000})
    assert [len(row.example) for row in coverage.rows if row.path == "text"] == [60]


def test_dead_lines_matched_nothing_whereas_constants_and_lossy_lines_live() -> None:
    assert [line.name for line in covered().dead_lines] == ["currency", "rows.product.name"]


def test_the_score_is_mapped_of_what_is_neither_empty_nor_dropped() -> None:
    ledger = covered().ledger
    assert covered().score == ledger.mapped / (ledger.leaves - ledger.empty - ledger.dropped)
    assert Coverage(MAPPING).score == 1


def test_a_refused_value_counts_as_stashed() -> None:
    coverage = Coverage(MAPPING)
    coverage.add({"id": 1, "currency": "XXX"}, {Refusal(None, None, "currency")})
    assert [(row.mapped, row.stashed) for row in coverage.rows] == [(1, 0), (0, 1)]


def test_it_is_json() -> None:
    wire = json.loads(json.dumps(covered().as_wire()))
    assert wire["payloads"] == 2
    assert wire["deadLines"][0] == {"line": "currency", "expression": "currency", "place": "mapping.toml:7:12"}
    assert wire["paths"][1] == {
        "path": "via",
        "seen": 2,
        "mapped": 1,
        "stashed": 0,
        "empty": 1,
        "dropped": 0,
        "refused": 0,
        "lines": {"channel": 1},
        "reasons": {},
        "example": '"web"',
    }


@settings(max_examples=50)
@given(mappings(), st.lists(payloads(), max_size=3))
def test_the_sum_of_all_paths_is_the_sum_of_all_ledgers(text: str, some: list[dict[str, Any]]) -> None:
    mapping = built(text, None).mapping
    mapper, coverage = Mapper(mapping, CONNECTION), Coverage(mapping)
    ledgers = []
    for payload in some:
        ledgers.append(mapper.map(parse_json(dump_json(payload))).ledger)
        coverage.add(parse_json(dump_json(payload)))
    assert coverage.ledger == sum_ledgers(ledgers)
    assert {line.name for line in coverage.dead_lines} == {line.name for line in mapper.dead_lines}
