"""``email-set`` fills missing addresses, and wrong ones if asked."""

from __future__ import annotations

from typing import Any

import pytest

from crossdock_manipulators.email_set import is_address

from .bench import after, refusal, run

NEW = 'email = "new@shop.example"'


@pytest.mark.parametrize(
    ("more", "email", "expected"),
    [
        ("", None, "new@shop.example"),
        ("", "", "new@shop.example"),
        ("", "n/a", "n/a"),
        ('replace = "invalid"', "n/a", "new@shop.example"),
        ('replace = "invalid"', "ada@example.com", "ada@example.com"),
        ('replace = "all"', "ada@example.com", "new@shop.example"),
    ],
)
def test_which_addresses_are_replaced(more: str, email: str | None, expected: str) -> None:
    before = {"customer": {"email": email} if email is not None else {}}
    assert after("email-set", f"{NEW}\n{more}", before) == {"customer": {"email": expected}}


def test_customers_have_it_at_the_top_and_fields_can_be_named() -> None:
    assert after("email-set", NEW, {}, record_type="customer") == {"email": "new@shop.example"}
    toml = f'{NEW}\nfield = ["billingAddress.email", "shippingAddress.email"]'
    assert after("email-set", toml, {}) == {
        "billingAddress": {"email": "new@shop.example"},
        "shippingAddress": {"email": "new@shop.example"},
    }


@pytest.mark.parametrize(("expression", "warned"), [("channel", False), ("displayId", True), ("length(channel)", True)])
def test_a_computed_address_that_is_none_is_left_out(expression: str, warned: bool) -> None:
    outcome = run("email-set", f'expression = "{expression}"', {"displayId": "no address"})
    assert outcome.result == {"displayId": "no address"}
    assert bool(outcome.warnings) is warned


@pytest.mark.parametrize(
    ("toml", "setting", "said"),
    [
        ("", "email", "exactly one"),
        (f'{NEW}\nexpression = "a"', "email", "exactly one"),
        ('email = "nobody"', "email", "orders@shop.example"),
        (f'{NEW}\nfield = "rows[].quantity"', "field", "use 'round'"),
        (f'{NEW}\nfield = "placedAt"', "field", "holds no e-mail address"),
    ],
)
def test_wrong_settings_are_named(toml: str, setting: str, said: str) -> None:
    error = refusal("email-set", toml)
    assert error.setting == setting
    assert said in str(error)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("a@b.example", True),
        ("a.b+c@d-e.example.com", True),
        ("åsa@exämple.se", True),
        ("a@b", False),
        ("a@b..c", False),
        ("a@@b.c", False),
        ("a b@c.d", False),
        ("<a@b.c>", False),
        ("a" * 250 + "@b.example", False),
        (None, False),
    ],
)
def test_what_counts_as_an_address(text: Any, valid: bool) -> None:
    assert is_address(text) is valid
