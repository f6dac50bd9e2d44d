"""Every key and value of a TOML file can be pointed at, and every syntax error says where and what to do."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from crossdock.errors import ConfigError
from crossdock.toml import TomlDocument, parse_toml, read_toml
from tests.config.loading import literal, quote

TEXT = """\
[store]
url = "sqlite:///x.db"

[[connection]]
name = "ünö" # the first
settings.url = 'https://a'
"quoted key"."sub key" = { a = 1, "b.c" = [true, { deep = "x" }] }

[connection.import.order]
manipulators = [
  { use = "one" }, # comment
  # another
  { use = "two", fields = ["a", "b"] },
]

[[connection]]
name = "second"
[connection.import."x y".mapping]
"a.b" = "m"
long = \"\"\"
first
second\"\"\"
"""

PLACES = [  # path, line and column of the value, line and column of the key
    (("store",), (1, 1), (1, 2)),
    (("store", "url"), (2, 7), (2, 1)),
    (("connection",), (4, 1), (4, 3)),
    (("connection", 0), (4, 1), (4, 3)),
    (("connection", 0, "name"), (5, 8), (5, 1)),
    (("connection", 0, "settings", "url"), (6, 16), (6, 10)),
    (("connection", 0, "settings"), (6, 1), (6, 1)),  # only implied by a dotted key
    (("connection", 0, "quoted key", "sub key", "a"), (7, 32), (7, 28)),
    (("connection", 0, "quoted key", "sub key", "b.c", 1, "deep"), (7, 59), (7, 52)),
    (("connection", 0, "import", "order"), (9, 1), (9, 20)),
    (("connection", 0, "import"), (9, 13), (9, 13)),  # only implied by a header
    (("connection", 0, "import", "order", "manipulators", 1), (13, 3), (13, 3)),
    (("connection", 0, "import", "order", "manipulators", 1, "fields", 1), (13, 33), (13, 33)),
    (("connection", 1, "name"), (17, 8), (17, 1)),
    (("connection", 1, "import", "x y", "mapping", "a.b"), (19, 9), (19, 1)),
    (("connection", 1, "import", "x y", "mapping", "long"), (20, 8), (20, 1)),
    # what does not stand there: the nearest thing around it
    (("connection", 1, "settings", "url"), (16, 1), (16, 3)),
    (("connection", 0, "import", "order", "lookback"), (9, 1), (9, 20)),
    (("nothing",), (1, 1), (1, 1)),
    ((), (1, 1), (1, 1)),
]


def at(document: TomlDocument, path: tuple[str | int, ...]) -> tuple[int, int]:
    place = document.place(path)
    return place.line, place.column


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("path", "value", "key"), PLACES)
def test_every_value_and_key_has_its_place(
    path: tuple[str | int, ...], value: tuple[int, int], key: tuple[int, int], newline: str
) -> None:
    document = parse_toml(TEXT.replace("\n", newline), "p.toml")
    place, key_place = document.place(path), document.key_place(path)
    assert (place.line, place.column) == value
    assert (key_place.line, key_place.column) == key
    assert place.file == "p.toml"


def test_values_are_those_of_tomllib_with_exact_decimals() -> None:
    document = parse_toml("a = 0.10\nb = 1", "p.toml")
    assert document.data == {"a": Decimal("0.10"), "b": 1}
    assert str(document.data["a"]) == "0.10"


INSIDE = [  # literal, offset into the value, column of that character (line 1, `k = ` before it)
    ('"abc"', 0, 6),
    ('"abc"', 2, 8),
    ('"abc"', 3, 9),  # just behind the last one
    ('"abc"', 99, 9),
    ("'a\\tb'", 3, 9),  # a backslash in a literal string is a character like others
    (r'"a\tb"', 2, 9),
    (r'"é\u00e9x"', 2, 13),
    (r'"\U0001F600x"', 1, 16),
    (r'"\"x"', 1, 8),
    ("'''abc'''", 1, 9),
    ('"""abc"""', 1, 9),
    ('"😀x"', 1, 7),
    ("123", 2, 5),  # no string: its beginning
]


@pytest.mark.parametrize(("literal", "offset", "column"), INSIDE)
def test_a_place_inside_a_string_looks_through_quotes_and_escapes(literal: str, offset: int, column: int) -> None:
    assert parse_toml(f"k = {literal}", "p.toml").place(("k",), offset).column == column


MULTILINE = [  # literal, offset, line and column
    ('"""\nab\ncd"""', 0, (2, 1)),
    ('"""\nab\ncd"""', 3, (3, 1)),
    ("'''\r\nab\r\ncd'''", 4, (3, 2)),
    ('"""a\\\n   b"""', 1, (2, 4)),  # a backslash at the end of a line swallows the break and the indentation
]


@pytest.mark.parametrize(("literal", "offset", "expected"), MULTILINE)
def test_a_place_inside_a_text_of_several_lines(literal: str, offset: int, expected: tuple[int, int]) -> None:
    place = parse_toml(f"k = {literal}", "p.toml").place(("k",), offset)
    assert (place.line, place.column) == expected


def test_a_file_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    with pytest.raises(ConfigError, match="there is no such file"):
        read_toml(file)
    with pytest.raises(ConfigError, match="this is a folder"):
        read_toml(tmp_path)
    file.write_bytes("a = 1".encode("utf-16"))
    with pytest.raises(ConfigError, match="1:1: the file is UTF-16; save it as UTF-8"):
        read_toml(file)
    file.write_bytes(b"\xef\xbb\xbfa = 1")
    with pytest.raises(ConfigError, match="without BOM"):
        read_toml(file)
    file.write_bytes("ok = 'ü'\nname = '".encode() + b"\xfc'")
    with pytest.raises(ConfigError, match="2:9: byte 0xfc is no UTF-8; save the file as UTF-8"):
        read_toml(file)
    file.write_bytes(b"a = 1")
    assert read_toml(file).data == {"a": 1}


# --- every document: what stands at a place is what the path names ---------------------------------------------------

_keys = st.text(st.characters(codec="utf-8", exclude_characters="\x7f", min_codepoint=32), min_size=0, max_size=6)
_scalars = st.one_of(st.integers(-9, 10**6), st.booleans(), _keys)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=8,
)


def walk(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], object]]:
    """List every path below ``value`` with what stands there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pair for key, inner in items for pair in [((*path, key), inner), *walk(inner, (*path, key))]]


@given(
    st.lists(st.tuples(_keys, st.dictionaries(_keys, _values, max_size=3)), max_size=4, unique_by=lambda pair: pair[0]),
    st.lists(st.dictionaries(_keys, _values, max_size=2), min_size=1, max_size=3),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_stands_at_a_place_is_what_the_path_names(
    tables: list[tuple[str, dict[str, object]]], listed: list[dict[str, object]], newline: str
) -> None:
    lines = []
    for name, table in tables:
        lines += [f"[t.{quote(name)}] # ü"] + [f"{quote(key)} = {literal(value)}" for key, value in table.items()]
    for table in listed:
        lines += ["[[list]]"] + [f"  {quote(key)}   = {literal(value)} # c" for key, value in table.items()]
    text = "\n".join(lines).replace("\n", newline)
    document = parse_toml(text, "p.toml")
    rows = text.split("\n")

    def rest(line: int, column: int) -> str:
        return "\n".join([rows[line - 1][column - 1 :], *rows[line:]]).replace("\r", "")

    for path, value in walk(document.data):
        place, key_place = document.place(path), document.key_place(path)
        in_header = len(path) <= 2
        if not in_header:
            assert rest(place.line, place.column).startswith(literal(value))
        if isinstance(path[-1], str) and not in_header:
            assert rest(key_place.line, key_place.column).startswith(quote(path[-1]))
        if len(path) == 2:
            header = "[[list]]" if path[0] == "list" else f"[t.{quote(str(path[1]))}]"
            assert rest(place.line, place.column).startswith(header)
        if isinstance(value, str) and not in_header:
            for offset, character in enumerate(value):
                inside = document.place(path, offset)
                found = rest(inside.line, inside.column)
                assert found.startswith((character, "\\" + character))
