"""The id of a row that code adds is the same at every run, and no other row's."""

from crossdock import Working, row_id

SHOP = "5377568eb7e165e3b38af6eece4a0001"


def test_a_row_is_known_again_by_what_it_is() -> None:
    order: Working = {"remoteIdMap": {SHOP: "17"}, "rows": [{"rowId": "a" * 32}]}
    first = row_id(SHOP, order, "R1")
    assert len(first) == 32
    assert first == row_id(SHOP, {"remoteIdMap": {SHOP: "17"}}, "R1")
    others = {
        row_id(SHOP, order, "R2"),
        row_id(SHOP[::-1], order, "R1"),
        row_id(SHOP, {"remoteIdMap": {SHOP: "18"}}, "R1"),
    }
    assert len({first, *others}) == 4


def test_a_second_row_with_the_same_text_gets_another_id() -> None:
    order: Working = {"remoteIdMap": {SHOP: "17"}, "rows": []}
    found = []
    for _ in range(3):
        found.append(row_id(SHOP, order, "R1"))
        order["rows"].append({"rowId": found[-1]})
    assert len(set(found)) == 3
