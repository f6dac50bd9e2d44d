"""The country and currency tables agree with themselves and with what everybody knows."""

import pytest

from crossdock.codes import ALPHA3, COUNTRIES, CURRENCIES, NUMERIC


def test_the_tables_of_countries_name_the_same_countries() -> None:
    assert len(COUNTRIES) == len(ALPHA3) == len(NUMERIC)
    assert set(ALPHA3.values()) == set(NUMERIC.values()) == COUNTRIES


def test_every_code_has_the_shape_of_its_kind() -> None:
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in COUNTRIES)
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in CURRENCIES | set(ALPHA3))
    assert all(len(code) == 3 and code.isascii() and code.isdigit() for code in NUMERIC)


@pytest.mark.parametrize(
    ("alpha2", "alpha3", "numeric"),
    [("AF", "AFG", "004"), ("SE", "SWE", "752"), ("GB", "GBR", "826"), ("ZW", "ZWE", "716"), ("AX", "ALA", "248")],
)
def test_a_country_is_found_by_each_of_its_codes(alpha2: str, alpha3: str, numeric: str) -> None:
    assert alpha2 in COUNTRIES
    assert ALPHA3[alpha3] == alpha2
    assert NUMERIC[numeric] == alpha2


def test_a_code_that_only_looks_right_is_not_in_the_tables() -> None:
    assert not {"UK", "EU", "XX", "se"} & COUNTRIES
    assert not {"XXZ", "eur"} & CURRENCIES


@pytest.mark.parametrize("code", ["SEK", "EUR", "USD", "JPY", "HRK", "BGN"])
def test_a_currency_of_today_or_of_an_old_order_is_known(code: str) -> None:
    assert code in CURRENCIES
