"""``crossdock test``: configuration tests pass, fail with a diff, or are wrong in themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import NEEDS_KEYS, Program

SHOP = """
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0001"
name = "demo-shop"
connector = "woocommerce"
settings = { url = "sandbox:" }

[connection.import.order]
manipulators = [
  { use = "field-set", field = "channel", value = "web" },
  { use = "ignore", when = "orderStatus == 'draft'", reason = "a draft is no order yet" },
  { use = "ignore", when = "currency == 'JPY'", reason = "no yen", applies_to = "all" },
  { use = "fail", when = "currency == 'USD'", reason = "no dollars" },
]

[connection.import.order.mapping]
"billingAddress.vatNumber" = "meta_data[?key=='_vat'].value | [0]"

[connection.import.customer]

[[limits]]
module = "connector.woocommerce"
max_value = 40
"""
VAT = "meta_data[?key=='_vat'].value | [0]"
PAYLOAD = '''
payload = """
{"id": 7, "number": "7", "status": "completed", "currency": "SEK", "total": "100.00", "total_tax": "20.00",
 "tax_lines": [{"rate_id": 1, "rate_percent": 25}],
 "date_created_gmt": "2024-05-04T10:00:00",
 "billing": {"city": "Umeå", "country": "UK"}, "meta_data": [
   {"id": 1, "key": "_vat", "value": "SE1"}, {"id": 2, "key": "_count", "value": 12},
   {"id": 3, "key": "_share", "value": 1.50},
   {"id": 4, "key": "_list", "value": [1, "a", null]}, {"id": 5, "key": "_digits", "value": "12"}],
 "line_items": [{"id": 7, "name": "Mug", "sku": "MUG", "quantity": 2, "total": "80.00", "total_tax": "20.00",
                 "taxes": [{"id": 1, "total": "20.00"}], "meta_data": [{"id": 9, "key": "size", "value": "L"}]}]}
"""
'''


@pytest.fixture
def shop(program: Program) -> Program:
    (program.folder / "plugins.toml").write_text(SHOP, "utf-8")
    return program


def write(shop: Program, *tests: str, name: str = "shop.test.toml") -> Path:
    """Write a file of tests, each with a name of its own."""
    file = shop.folder / name
    file.parent.mkdir(exist_ok=True)
    text = "\n".join(f'[[test]]\nname = "test {number}"\n{test}' for number, test in enumerate(tests))
    file.write_text(text, "utf-8")
    return file


MET = [
    'channel = "web"',
    '"billingAddress.city" = "Umeå"',
    "billingAddress.city = 'Umeå'",
    'billingAddress = { city = "Umeå", vatNumber = "SE1" }',
    '"rows[0].sku" = "MUG"',
    '"rows[0].totalInclVat" = 100',
    '"rows[0].totalInclVat" = "100.0"',
    '"rows[0].quantity" = 2.0',
    '"rows[0]" = { sku = "MUG", name = "Mug" }',
    'rows = [{ sku = "MUG" }]',
    "payments = []",
    "placedAt = 2024-05-04T12:00:00+02:00",
    'placedAt = "2024-05-04T10:00:00Z"',
    'customData = { "meta._digits" = "12", "meta._count" = 12, "meta._share" = 1.5 }',
    'customData."meta._list" = \'[1, "a", null]\'',
    '"customData[connector.woocommerce|meta._count]" = 12',
    '"customData[5377568eb7e165e3b38af6eece4a0001|connector.woocommerce|meta._count]" = 12',
    '"rows[0].customData" = { "meta.size" = "L" }',
    '"rows[0].customData[meta.size]" = "L"',
    'remoteRefMap = { 5377568eb7e165e3b38af6eece4a0001 = "7" }',
]


@pytest.mark.parametrize("expected", MET)
def test_what_is_so_may_be_expected_in_many_ways(shop: Program, expected: str) -> None:
    write(shop, f"{PAYLOAD}[test.expect]\n{expected}\n")
    assert shop.fine("test").lines == ["passed  test 0", "", "1 test: 1 passed, 0 failed"]


NOT_MET = [
    ('channel = "app"', "channel = 'web'"),
    ('"billingAddress.city" = "Umea"', "billingAddress.city = 'Umeå'"),
    ('"billingAddress.countryCode" = "GB"', "billingAddress.countryCode = nothing"),
    ('"rows[0].totalInclVat" = 100.01', "rows[0].totalInclVat = '100.00'"),
    ('"rows[1].sku" = "MUG"', "rows[1].sku = nothing"),
    ("rows = []", "number of rows = 1"),
    ('customData = { "meta._digits" = 12 }', "customData[meta._digits] = '12' (string)"),
    ('customData = { "meta._count" = "12" }', "customData[meta._count] = '12' (integer)"),
    ('customData = { "meta._count" = 12.5 }', "customData[meta._count] = '12' (integer)"),
    ('customData = { "meta._list" = [1] }', 'customData[meta._list] = [1,"a",null] (json)'),
    ('customData = { "meta._vat" = "SE1" }', "customData[meta._vat] = nothing"),
    ('customData = { "x-crm|meta._count" = 12 }', "customData[x-crm|meta._count] = nothing"),
]


@pytest.mark.parametrize(("expected", "came"), NOT_MET)
def test_what_is_not_so_is_shown_as_a_difference(shop: Program, expected: str, came: str) -> None:
    write(shop, f"{PAYLOAD}[test.expect]\n{expected}\n")
    result = shop("test")
    assert result.code == 1
    assert f"        + {came}" in result.lines
    assert [line for line in result.lines if line.startswith("        - ")]
    assert result.lines[-1] == "1 test: 0 passed, 1 failed"


def test_a_difference_says_where_the_value_came_from(shop: Program) -> None:
    expected = 'billingAddress.vatNumber = "SE2"\nchannel = "app"\n"rows[0].vatRatePercent" = 12\n'
    write(shop, f"{PAYLOAD}[test.expect]\n{expected}\n")
    lines = [line for line in shop("test").lines[:-2] if "woocommerce/mapping.toml" not in line]
    assert lines == [
        "FAILED  test 0",
        "        shop.test.toml:2, demo-shop order (- expected, + actual)",
        "        - billingAddress.vatNumber = 'SE2'",
        "        + billingAddress.vatNumber = 'SE1'",
        "            from /meta_data/0/value 'SE1' of the payload",
        f"            mapping line billingAddress.vatNumber = {VAT!r} (plugins.toml:17:30)",
        "        - channel = 'app'",
        "        + channel = 'web'",
        "            changed by field-set (plugins.toml:10:3): None became 'web'",
        "        - rows[0].vatRatePercent = 12",
        "        + rows[0].vatRatePercent = '25'",
        "            no mapping line fills it",
        "            changed by connector woocommerce: None became '25'",
    ]


def test_long_texts_are_cut_to_what_is_different_about_them(shop: Program) -> None:
    note = "ring twice, " * 50
    write(shop, f'record = {{ customerNote = "{note}at noon" }}\nexpect = {{ customerNote = "{note}at night" }}')
    expected, actual = (line.split("customerNote = ")[1] for line in shop("test").lines if "customerNote = " in line)
    assert (expected[0], expected[-10:], actual[0], actual[-9:]) == ("…", " at night'", "…", " at noon'")
    assert len(expected) < 100


def test_a_key_that_is_nearly_right_is_told(shop: Program) -> None:
    write(shop, f'{PAYLOAD}[test.expect]\ncustomData = {{ "meta._cuont" = 12 }}\n')
    assert "            there is an entry 'meta._count'; was that meant?" in shop("test").lines


@pytest.mark.parametrize(
    ("test", "passes"),
    [
        ('absent = ["paidAt", "customData[meta._vat]", "rows[1].sku", "rows[0].customData[meta.colour]"]', True),
        ('absent = ["channel"]', False),
        ('absent = ["customData[meta._count]"]', False),
        ('warnings = ["UK"]', True),
        ("warnings = [\"'UK' is not an ISO\"]", True),
        ("warnings = []", False),
        ('warnings = ["UK", "another"]', False),
        ('ignored = ""', False),
        ('failed = ""', False),
    ],
)
def test_what_is_not_there_and_what_is_warned_of(shop: Program, test: str, passes: bool) -> None:
    write(shop, f"{PAYLOAD}{test}\n")
    assert shop("test").code == (0 if passes else 1)


@pytest.mark.parametrize(
    ("test", "passes"),
    [
        ('payload = { id = 1, status = "checkout-draft" }\nignored = "no order yet"', True),
        ('payload = { id = 1, status = "checkout-draft" }\nignored = ""', True),
        ('payload = { id = 1, status = "checkout-draft" }\nignored = "no yen"', False),
        ('payload = { id = 1, status = "checkout-draft" }\nexpect = { channel = "web" }', False),
        ('payload = { id = 1, currency = "JPY" }\nignored = "no yen"', True),
        ('payload = { id = 1, currency = "USD" }\nfailed = "no dollars"', True),
        ('payload = { id = 1, currency = "USD" }\nignored = ""', False),
        ('payload = { number = "1" }\nfailed = "no usable id"', True),
        ('payload = \'{"id": \'\nfailed = "no JSON"', True),
        ("payload = '[1]'\nfailed = \"no object\"", True),
        ('record = { currency = "USD" }\nfailed = "no dollars"', True),
        ('record = { orderStatus = "draft" }\nignored = "no order yet"', True),
        ('record = { currency = "SEK" }\nexpect = { channel = "web", currency = "SEK" }', True),
        ('record = { currency = "SEK" }\nexpect = { channel = "app" }', False),
        ('type = "customer"\npayload = { id = 4, email = "a@b.example" }\nexpect = { email = "a@b.example" }', True),
    ],
)
def test_a_record_may_be_kept_out_or_fail(shop: Program, test: str, passes: bool) -> None:
    write(shop, test)
    assert shop("test").code == (0 if passes else 1)


def test_limits_hold_in_tests_too(shop: Program) -> None:
    payload = f'payload = {{ id = 1, meta_data = [{{ id = 1, key = "_huge", value = "{"x" * 41}" }}] }}'
    write(shop, f'{payload}\nabsent = ["customData[meta._huge]"]')
    shop.fine("test")


def test_a_record_goes_through_the_chain_alone(shop: Program) -> None:
    record = """
[test.record]
channel = "x"
rows = [{ type = "product", quantity = 1.50, customData = { "meta.size" = "L" } }]
customData = { "x-crm|tier" = "gold", "meta._n" = 5 }
[test.expect]
channel = "web"
"rows[0].quantity" = "1.5"
"rows[0].customData" = { "meta.size" = "L" }
customData = { "x-crm|tier" = "gold", "meta._n" = 5 }
"""
    write(shop, record, record.replace('"web"', '"app"'))
    result = shop("test")
    assert result.lines[0] == "passed  test 0"
    assert "            changed by field-set (plugins.toml:10:3): 'x' became 'web'" in result.lines


def test_tests_stand_beside_plugins_toml_and_in_its_folder_tests(shop: Program) -> None:
    payload = shop.folder / "tests" / "order.json"
    write(shop, 'payload_file = "order.json"\nexpect = { channel = "web" }', name="tests/deep.test.toml")
    payload.write_text('{"id": 1}', "utf-8")
    (shop.folder / "a.test.toml").write_text('[[test]]\nname = "another"\nrecord = {}\nexpect = {channel = "web"}')
    assert shop.fine("test").lines[:2] == ["passed  another", "passed  test 0"]
    assert shop.fine("test", "ANO").lines[0] == "passed  another"
    assert "no test has 'tset 0' in its name; did you mean 'test 0'?" in shop.refused("test", "tset 0")


def test_programs_get_json(shop: Program) -> None:
    write(shop, 'record = {}\nexpect = { channel = "web" }', 'record = {}\n[test.expect]\nchannel = "app"')
    good, bad = shop("test", "--json").json
    assert (good["name"], good["passed"], good["outcome"], good["mismatches"]) == ("test 0", True, "made", [])
    assert (bad["file"], bad["line"], bad["connection"], bad["recordType"]) == (
        "shop.test.toml",
        6,
        "demo-shop",
        "order",
    )
    [mismatch] = bad["mismatches"]
    assert mismatch["origin"] == ["changed by field-set (plugins.toml:10:3): None became 'web'"]
    assert (mismatch["name"], mismatch["expected"], mismatch["actual"], mismatch["line"]) == (
        "channel",
        "app",
        "web",
        9,
    )


def test_neither_secrets_nor_a_store_are_needed_and_nothing_is_written(program: Program) -> None:
    text = f'[store]\nurl = {{ env = "NO_SUCH_URL" }}\n{NEEDS_KEYS}'
    (program.folder / "plugins.toml").write_text(text, "utf-8")
    write(program, 'payload = { id = 1, currency = "SEK" }\nexpect = { currency = "SEK" }')
    program.fine("test")
    assert sorted(file.name for file in program.folder.iterdir()) == ["plugins.toml", "shop.test.toml"]
    assert "'NO_SUCH_URL' is not set" in program.refused("import")


def test_without_any_test_nothing_is_proved(shop: Program) -> None:
    assert "there is no *.test.toml beside plugins.toml or in its folder 'tests'" in shop.refused("test")


BROKEN = [
    ("", 1, 1, "[[test]] lacks what goes in: 'payload', 'payload_file' or 'record'"),
    ("record = {}", 1, 1, "a test that expects nothing proves nothing"),
    ('record = {}\npayload = "{}"\nignored = ""', 3, 10, "'payload' and 'record' both say what goes in"),
    ('record = {}\nabsnt = ["a"]', 4, 1, "[[test]] has no key 'absnt'; did you mean 'absent'?"),
    ('record = {}\nconnection = "demoshop"\nignored = ""', 4, 14, "there is no connection 'demoshop'; did you mean"),
    ('record = {}\ntype = "ordr"\nignored = ""', 4, 8, "there is no record type 'ordr'; did you mean 'order'?"),
    ('record = {}\ntype = "product"\nignored = ""', 4, 8, "connection 'demo-shop' imports no 'product' (only order,"),
    ('record = {}\nname = "x"\nignored = ""', 4, 1, "'name' is given twice, first in line 2; keep one of the two"),
    ("payload = '''{\n \"a\": }'''\nwarnings = []", 4, 7, "the payload is no JSON"),
    ('payload = "order.json"\nwarnings = []', 3, 12, "(byte 0); 'payload_file' names a file that holds it"),
    ('payload_file = "no.json"\nignored = ""', 3, 16, "cannot be read: No such file or directory"),
    (
        "payload = { a = 2024-05-04 }\nignored = ''",
        3,
        17,
        'JSON has no times; write it as the remote system does: "2024',
    ),
    ('record = { chanel = "x" }\nignored = ""', 3, 12, "order has no key 'chanel'; did you mean 'channel'?"),
    ('record = { currency = "x" }\nignored = ""', 3, 23, "'currency' must be an ISO 4217 currency code, not 'x'"),
    (
        'record = { customData = { "a|b|c|d" = 1 } }\nignored = ""',
        3,
        39,
        "'a|b|c|d' is no key of custom data; write key,",
    ),
    ('record = {}\nexpect = { chanel = "x" }', 4, 12, "order has no field 'chanel'; did you mean 'channel'?"),
    ('record = {}\nexpect = { "rows.sku" = "x" }', 4, 12, "order has no field 'rows.sku'; write rows[0] for the first"),
    (
        'record = {}\nexpect = { rows = { sku = "x" } }',
        4,
        19,
        "'rows' must be a list, a table for each; or write \"rows[0]\"",
    ),
    ('record = {}\nexpect = { rows = ["x"] }', 4, 20, "each of 'rows' must be a table of fields"),
    ('record = {}\nexpect = { customData = "x" }', 4, 25, "'customData' must be a table of keys and values"),
    ('record = {}\nexpect = { "customData[a|b|c|d]" = 1 }', 4, 36, "'a|b|c|d' is no key of custom data"),
    ('record = {}\nexpect = { orderStatus = "x" }', 4, 26, "'orderStatus' can never be 'x': must be 'draft'"),
    ('record = {}\nexpect = { placedAt = "x" }', 4, 23, "'placedAt' can never be 'x': not a time in UTC"),
    ("record = {}\nexpect = { totals = 3 }", 4, 21, "'totals' can never be 3"),
    ('record = {}\nabsent = ["channel", "chanel"]', 4, 22, "order has no field 'chanel'; did you mean 'channel'?"),
    ('record = {}\nignored = "a"\nexpect = { channel = "x" }', 5, 10, "of a record that is ignored nothing else is"),
    ('record = {}\n[test.expect]\nrows[0].sku = "x"', 5, 5, 'A-Z a-z 0-9 _ - needs quotes: "rows[0].sku" = ...'),
    ('record = {}\nignored = "a"\nfailed = "b"', 5, 10, "of a record that is ignored nothing else is expected"),
]


@pytest.mark.parametrize(("test", "line", "column", "told"), BROKEN, ids=[told for *_, told in BROKEN])
def test_a_test_that_is_wrong_in_itself_is_told_with_its_place(
    shop: Program, test: str, line: int, column: int, told: str
) -> None:
    write(shop, test)
    said = shop.refused("test").removeprefix("crossdock: ")
    assert said.startswith(f"shop.test.toml:{line}:{column}: ")
    assert told in said


def test_all_that_is_wrong_in_all_files_is_told_at_once(shop: Program) -> None:
    write(shop, "record = {}", 'record = {}\nabsnt = ""', name="b.test.toml")
    write(shop, "record = {}\nignored = ''", name="a.test.toml")
    (shop.folder / "c.test.toml").write_text("[test]\nname = 1\n[tset]\n")
    (shop.folder / "d.test.toml").write_text("[[test")
    (shop.folder / "e.test.toml").write_text("")
    said = shop.refused("test").removeprefix("crossdock: ").splitlines()
    assert [line.split(": ")[0] for line in said] == [
        "b.test.toml:1:1",
        "b.test.toml:2:8",
        "b.test.toml:7:1",
        "c.test.toml:1:1",
        "c.test.toml:3:2",
        "d.test.toml:1:7",
        "e.test.toml:1:1",
    ]
    assert "the name 'test 0' is already taken by a.test.toml:2" in said[1]
    assert "a file of tests has no key 'tset'; did you mean 'test'?" in said[4]


def test_several_connections_make_one_say_which(shop: Program) -> None:
    (shop.folder / "plugins.toml").write_text(SHOP + NEEDS_KEYS, "utf-8")
    write(shop, 'record = {}\nexpect = { channel = "web" }')
    assert "[[test]] lacks 'connection'; there are demo-shop, real-shop" in shop.refused("test")
    write(shop, 'record = {}\nconnection = "demo-shop"\nexpect = { channel = "web" }')
    shop.fine("test")


def test_a_test_in_plugins_toml_is_shown_where_it_belongs(shop: Program) -> None:
    (shop.folder / "plugins.toml").write_text(f'{SHOP}\n[[test]]\nname = "x"\n', "utf-8")
    assert "has no key 'test'; it belongs into a file of its own beside this one" in shop.refused("test")
