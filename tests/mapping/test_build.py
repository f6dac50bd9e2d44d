"""What is wrong with a mapping is said before anything is fetched: each problem with its place and what to do."""

import pytest

from tests.mapping.building import mapping_of, problems_of

START = "[order]\nid = 'id'\n"
DEEP = ".".join("a" * 201)
TYPE = "fields.type = \"'product'\"\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[product]\nid = 'id'\n", ["mapping.toml:1:1: there is no table [order]"]),
        ("[order]\n", ["mapping.toml:1:1: [order] needs id ="]),
        ("[order]\nid = 5\n", ["mapping.toml:2:6: this must be a JMESPath expression, not 5"]),
        ("[order]\nid = 'id'\n[oder]\nid = 'x'\n", ["mapping.toml:3:2: unknown key 'oder'; did you mean 'order'?"]),
        ("[order]\nid = 'id'\nidd = 'x'\n", ["mapping.toml:3:1: unknown key 'idd'; did you mean 'id'?"]),
        # targets
        (
            START + "[order.fields]\ncurency = 'c'\n",
            ["mapping.toml:4:1: order has no field 'curency'; did you mean 'currency'?"],
        ),
        (START + "[order.fields]\nzzz = 'c'\n", ["mapping.toml:4:1: order has no field 'zzz'; allowed here: localId,"]),
        (START + "[order.fields]\ncustomer = 'c'\n", ["4:1: 'customer' is a whole part of the record; map its fields"]),
        (START + "[order.fields]\nrows = 'c'\n", ["4:1: 'rows' is a whole part of the record"]),
        (START + "[order.fields]\ncustomData = 'c'\n", ["4:1: 'customData' is kept by the platform"]),
        (START + "[order.fields]\nversion = 'c'\n", ["4:1: 'version' is kept by the platform"]),
        (START + "[order.fields]\n'rows[].sku' = 'c'\n", ["4:1: 'rows[].sku' does not say which block of rows; write"]),
        (START + "[order.fields]\nremoteIdMap = 'c'\n", ["4:15: 'remoteIdMap' comes from id ="]),
        (START + "[order.fields]\nbilling.city = 'c'\n", ['4:1: a name with dots needs quotes: "billing.city" = ...']),
        # expressions, with the place inside
        (START + "[order.fields]\nchannel = 'a.b[?'\n", ["mapping.toml:4:17: the expression ends too early"]),
        (
            START + "[order.fields]\nchannel = 'lenght(a)'\n",
            ["4:12: there is no function lenght(); did you mean length()"],
        ),
        (START + "[order.fields]\nchannel = 5\n", ["4:11: 'channel' needs an expression"]),
        (START + "[order.fields]\nchannel = { from = 'a', keep = 1 }\n", ["4:32: keep must be true or false, not 1"]),
        (
            START + "[order.fields]\nchannel = { from = 'a', kep = true }\n",
            ["4:25: unknown key 'kep'; did you mean 'keep'"],
        ),
        (START + "[order.fields]\nchannel = { from = 5 }\n", ["4:20: 'channel' needs an expression"]),
        (START + "[order.fields]\nchannel = false\n", ["4:1: there is no mapping line 'channel' to silence"]),
        # constants that their target can never hold
        (
            START + "[order.fields]\norderStatus = \"'done'\"\n",
            ["4:15: orderStatus cannot hold 'done': must be 'draft', 'pending'"],
        ),
        (START + "[order.fields]\nplacedAt = \"'now'\"\n", ["4:12: placedAt cannot hold 'now': not a time in UTC"]),
        (
            START + "[order.fields]\npricesIncludeVat = '`1`'\n",
            ["4:20: pricesIncludeVat cannot hold `1`: it wants true or"],
        ),
        # blocks
        (START + "[order.rows.a]\nid = 'id'\n", ["3:1: block 'rows.a' needs over ="]),
        (START + "[order.rows.a]\nover = 'x[].y'\n", ["4:8: block 'rows.a' must be over a list that stands alone"]),
        (START + "[order.rows.a]\nover = 'x..y'\n", ["4:8: cannot read the path 'x..y'"]),
        (START + f"[order.drop]\n'{DEEP}' = 'r'\n", ["'... leads more than 200 levels deep"]),
        (START + f"[order.rows.a]\nover = '{DEEP}'\n", ["leads more than 200 levels deep"]),
        (START + f"[order.fields]\nchannel = '{DEEP}'\n", ["4:11: the expression leads more than 200 levels deep"]),
        (
            START + "[order.rows.a]\nover = 'x'\nwhen = 'y'\n" + TYPE,
            ["3:13: block 'rows.a' is over a list, so each element"],
        ),
        (START + "[order.rows.a]\nover = '@'\nwhenn = 'y'\n", ["5:1: unknown key 'whenn'; did you mean 'when'?"]),
        (
            START + "[order.rows.'a b']\nover = '@'\n" + TYPE,
            ["3:13: 'rows.a b': the name of a block is one plain word"],
        ),
        (
            START + "[order.rows.a]\nover = 'x'\n" + TYPE + "[order.payments.b]\nover = 'x'\n",
            ["6:17: block 'payments.b' is over the same list as 'rows.a'"],
        ),
        (START + "[order.rows.a]\nover = 'x'\n[order.rows.a.fields]\nskuu = 's'\n", ["6:1: order has no field"]),
        (START + "[order.rows]\na = 5\n", ["4:5: 'a' must be a table, not 5"]),
        (START + "fields = 5\n", ["3:10: 'fields' must be a table, not 5"]),
        (
            START + "[order.rows.a]\nover = 'x'\n[order.rows.a.fields]\nsku = 's'\n",
            [
                (
                    "3:13: block 'rows.a' has no line for 'type', which all rows must have; give it one, such as "
                    "type = \"'product'\" ('product', 'shipping', 'fee', 'discount', 'giftCard' or 'rounding')"
                )
            ],
        ),
        # key/value lists
        (START + "[order.keyValue.m]\nkey = 'k'\n", ["3:1: a key/value list needs list ="]),
        (
            START + "[order.keyValue.m]\nlist = 'x[]'\n",
            ["3:17: the list of a key/value list must have a name of its own"],
        ),
        (START + "[order.keyValue.m]\nlist = 'x'\nsort = 5\n", ["5:8: 'sort' must be a text, not 5"]),
        (START + "[order.keyValue.m]\nlist = 'x'\ndrop = { a = '' }\n", ["5:14: 'a' must be a text, not ''"]),
        (START + "[order.keyValue.m]\nlist = 'x'\nprefix = 'a.b'\n", ["3:17: prefix 'a.b' must be one plain word"]),
        (
            START + "[order.keyValue.m]\nlist = 'x'\nkey = 'a'\nvalue = 'a'\n",
            ["3:17: key and value of an entry cannot be"],
        ),
        (START + "[order.keyValue.m]\nlist = 'x'\ndrop = { value = 'r' }\n", ["3:17: 'value' cannot be dropped"]),
        (
            START + "[order.keyValue.m]\nlist = 'x'\n[order.keyValue.n]\nlist = 'x'\n",
            ["5:17: this list is a key/value list already, since mapping.toml:3:17"],
        ),
        (
            START + "[order.keyValue.m]\nlist = 'x'\n[order.keyValue.n]\nlist = 'y'\nprefix = 'm'\n",
            ["5:17: the key/value list at mapping.toml:3:17 has the prefix 'm' as well"],
        ),
        (
            START + "[order.keyValue.m]\nlist = 'x'\n[order.keyValue.n]\nlist = 'x[].y'\n",
            ["5:17: a key/value list cannot lie inside another one"],
        ),
        (
            START + "[order.rows.a]\nover = 'x'\n" + TYPE + "[order.keyValue.m]\nlist = 'x'\n",
            ["6:17: this list makes the parts of block 'rows.a' already"],
        ),
        # rules
        (START + "[order.drop]\na = ''\n", ["4:5: 'a' needs its reason as text"]),
        (START + "[order.redact]\na = false\n", ["4:5: 'a' needs its reason as text"]),
        (START + "[order.drop]\na = false\n", ["4:1: there is no drop rule 'a' to silence"]),
        (START + "[order.drop]\n'a[0]' = 'r'\n", ["4:1: cannot read the path 'a[0]' at 'a[0]'"]),
        (START + "[order.drop]\na.b = 'r'\n", ['4:1: a name with dots needs quotes: "a.b" = ...']),
        (
            START + "[order.keyValue.meta]\nlist = 'x'\n[order.drop]\n'x[].value' = 'r'\n",
            ["6:1: a rule cannot take key or value out of an entry; to drop one, write meta.<key>"],
        ),
        # lines and rules that contradict each other
        (
            START + "[order.fields]\nchannel = 'a.b'\n[order.drop]\na = 'r'\n",
            ["4:11: 'channel' takes what is dropped at mapping.toml:6:1; remove one of the two"],
        ),
        (
            START + "[order.fields]\nplacedAt = 'utc(a)'\n[order.redact]\na = 'r'\n",
            ["4:12: 'placedAt' takes what is redacted at mapping.toml:6:1"],
        ),
        (
            START
            + "[order.fields]\nchannel = \"x[?key=='k'].value | [0]\"\n"
            + "[order.keyValue.meta]\nlist = 'x'\n[order.drop]\n'meta.k' = 'r'\n",
            ["4:11: 'channel' takes what is dropped at mapping.toml:8:1"],
        ),
    ],
)
def test_a_problem_says_where_and_what_to_do(text: str, expected: list[str]) -> None:
    found = problems_of(text)
    assert len(found) == len(expected), found
    for message, part in zip(found, expected, strict=True):
        assert part in message


def test_every_problem_is_found_in_one_go() -> None:
    text = "[order]\nid = 'a['\nx = 1\n[order.fields]\nfoo = 'a'\nchannel = 'b('\n[order.drop]\nc = 5\n"
    assert [message.split(": ", 1)[0] for message in problems_of(text)] == [
        "mapping.toml:3:1",
        "mapping.toml:2:9",
        "mapping.toml:5:1",
        "mapping.toml:6:14",
        "mapping.toml:8:5",
    ]


OWN = "[[connection]]\n[connection.import.order.{table}]\n{lines}\n"


def own(table: str, lines: str) -> str:
    return OWN.format(table=table, lines=lines)


BASE = START + "[order.fields]\nchannel = 'a'\ncustomerNote = 'b'\n[order.drop]\nc = 'r'\n[order.redact]\nd = 'r'\n"


def lines_of(own_text: str) -> dict[str, str]:
    return {line.name: line.expression.text for line in mapping_of(BASE, own_text).lines}


def test_a_connection_adds_lines() -> None:
    assert lines_of(own("mapping", "currency = 'x'"))["currency"] == "x"


def test_a_connection_replaces_a_line() -> None:
    assert lines_of(own("mapping", "channel = 'z'"))["channel"] == "z"


def test_a_connection_silences_a_line() -> None:
    assert "channel" not in lines_of(own("mapping", "channel = false"))


def test_a_connection_keeps_what_a_line_takes() -> None:
    mapping = mapping_of(BASE, own("mapping", "channel = { from = 'a', keep = true }"))
    assert [line.keep for line in mapping.lines if line.name == "channel"] == [True]


def test_a_rule_of_a_connection_silences_the_connectors_line_on_the_same_place() -> None:
    assert "channel" not in lines_of(own("drop", "a = 'personal'"))


ROW = START + "[order.rows.a]\nover = 'x'\nfields.type = 'kind'\n"


def test_the_type_of_rows_can_be_replaced_but_not_silenced() -> None:
    (line,) = mapping_of(ROW, own("mapping", "'rows.a.type' = 'sort'")).blocks[0].lines
    assert line.expression.text == "sort"
    (message,) = problems_of(ROW, own("mapping", "'rows.a.type' = false"))
    assert message == (
        "plugins.toml:3:17: 'rows.a.type' cannot be silenced: it must have a value; give it another expression instead"
    )


def test_a_rule_of_a_connection_cannot_take_away_the_type_of_rows() -> None:
    (message,) = problems_of(ROW, own("drop", "'x[].kind' = 'personal'"))
    assert message == (
        "plugins.toml:3:1: 'rows.a.type' is made of this (mapping.toml:5:15) and must have a value; leave the rule "
        "out, or give 'rows.a.type' another expression in mapping"
    )
    replaced = own("mapping", "'rows.a.type' = 'sort'") + own("drop", "'x[].kind' = 'personal'").partition("\n")[2]
    assert problems_of(ROW, replaced) == []


def test_a_line_of_a_connection_on_a_place_that_the_connector_drops_is_a_problem_with_a_remedy() -> None:
    (message,) = problems_of(BASE, own("mapping", "currency = 'c'"))
    assert message == (
        "plugins.toml:3:12: 'currency' takes what is dropped at mapping.toml:7:1; silence that rule with false in drop"
    )


def test_a_line_and_a_rule_of_one_connection_cannot_be_about_the_same_place() -> None:
    (message,) = problems_of(BASE, own("mapping", "currency = 'x'") + own("drop", "x = 'r'").partition("\n")[2])
    assert message == ("plugins.toml:3:12: 'currency' takes what is dropped at plugins.toml:5:1; remove one of the two")


def test_a_connection_silences_a_drop_rule() -> None:
    mapping = mapping_of(BASE, own("drop", "c = false"))
    assert [rule.pattern for rule in mapping.rules] == [("d",)]


def test_a_connection_cannot_lift_a_redaction() -> None:
    (message,) = problems_of(BASE, own("redact", "d = false"))
    assert "needs its reason" in message
    (message,) = problems_of(BASE, own("drop", "d = false"))
    assert message == "plugins.toml:3:1: there is no drop rule 'd' to silence"


def test_problems_of_a_connection_have_their_place_in_its_file() -> None:
    (message,) = problems_of(BASE, own("mapping", "'billingAddress.cty' = 'x'"))
    assert message.startswith("plugins.toml:3:1: order has no field 'billingAddress.cty'; did you mean 'city'?")


def test_a_rule_names_an_entry_of_a_key_value_list_dots_and_all() -> None:
    mapping = mapping_of(START + "[order.keyValue.meta]\nlist = 'x'\n[order.drop]\n'meta._a.b[0]' = 'r'\n")
    assert [(rule.pattern, rule.entry) for rule in mapping.rules] == [(("x",), "_a.b[0]")]


def test_where_no_key_value_list_has_the_prefix_a_rule_names_ordinary_fields() -> None:
    mapping = mapping_of(START + "[order.drop]\n'meta.a.b' = 'r'\n")
    assert [(rule.pattern, rule.entry) for rule in mapping.rules] == [(("meta", "a", "b"), None)]


def test_an_encoded_letter_tells_a_field_from_the_prefix_of_a_key_value_list() -> None:
    mapping = mapping_of(START + "[order.keyValue.meta]\nlist = 'x'\n[order.drop]\n'%6Deta.a' = 'r'\n")
    assert [(rule.pattern, rule.entry) for rule in mapping.rules] == [(("meta", "a"), None)]


def test_a_rule_inside_a_block_is_relative_to_its_elements() -> None:
    block = "[order.rows.a]\nover = 'x'\n" + TYPE
    text = START + block + "[order.rows.a.keyValue.meta]\nlist = 'm'\n[order.rows.a.drop]\n"
    inside = mapping_of(text + "'meta.k' = 'r'\ny = 'r'\n").rules
    outside = mapping_of(text + "[order.drop]\n'x[].meta.k' = 'r'\n'x[].y' = 'r'\n").rules
    assert [(rule.pattern, rule.entry) for rule in inside] == [(rule.pattern, rule.entry) for rule in outside]


def test_the_text_of_a_mapping_changes_with_every_part_of_it() -> None:
    texts = {
        mapping_of(BASE).text,
        mapping_of(BASE, own("mapping", "channel = 'z'")).text,
        mapping_of(BASE, own("drop", "x = 'r'")).text,
        mapping_of(BASE, own("redact", "x = 'r'")).text,
        mapping_of(BASE + "y = 'r'\n").text,
    }
    assert len(texts) == 5
