"""An address in a configuration can be asked over http or https, or is refused with what is wrong with it."""

import pytest
from hypothesis import given, strategies as st
from requests import Request

from crossdock.web_address import web_address

GOOD = [
    "https://shop.example",
    "https://shop.example/",
    "HTTPS://Shop.example/en/?a=b%20c&d=[1]",
    "http://localhost:8080/x",
    "http://shop_1:80",
    "http://127.0.0.1",
    "http://[::1]:8080/x",
    "https://bücher.example/ä",
    "https://shop.example.",
]


@pytest.mark.parametrize("address", GOOD)
def test_an_address_is_taken_as_it_is(address: str) -> None:
    assert web_address(address) == address
    assert web_address(f" {address}\n") == address  # as it comes out of files and clipboards


BAD = [
    ("", "it begins with neither https:// nor http://"),
    ("shop.example", "it begins with neither https:// nor http://"),
    ("shop.example:8080", "it begins with neither https:// nor http://"),
    ("https//shop.example", "it begins with neither https:// nor http://"),
    ("ftp://shop.example", "it begins with neither https:// nor http://"),
    ("sandbox:x", "it begins with neither https:// nor http://"),
    ("https://", "it names no host"),
    ("https:/shop.example", "it names no host"),
    ("https:///x", "it names no host"),
    ("https://:80/x", "it names no host"),
    ("https://https://shop.example", "https:// stands in it twice"),
    ("https://my shop.example", "a space cannot stand in one"),
    ("https://shop.example/a b", "a space cannot stand in one"),
    ("https://shop.example\t/x", r"'\t' cannot stand in one"),
    ("https://shop.example\u200b", r"'\u200b' cannot stand in one"),  # comes with what is copied from a page
    ("https://shop\xa0.example", r"'\xa0' cannot stand in one"),
    (r"https:\\shop.example", r"'\\' cannot stand in one"),
    ("https://<shop>.example", "'<' cannot stand in one"),
    ("https://{shop}.example", "'{' cannot stand in one"),
    ("https://“shop.example”", "no host has such a name"),
    ("https://shop..example", "no host has such a name"),
    ("https://.example", "no host has such a name"),
    ("https://shop,example", "no host has such a name"),
    ("https://*.example", "no host has such a name"),
    (f"https://{'a' * 64}.example", "no host has such a name"),
    ("https://shop.example:0", "there is no port 0"),
    ("https://shop.example:99999", "its host or port is none"),
    ("https://shop.example:https", "its host or port is none"),
    ("https://[::1", "its host or port is none"),
    ("https://[1:2]", "its host or port is none"),
]


@pytest.mark.parametrize(("address", "fault"), BAD)
def test_what_is_no_address_is_told_why(address: str, fault: str) -> None:
    with pytest.raises(ValueError, match="is no address") as caught:
        web_address(address, like="https://receiver.example")
    assert str(caught.value) == f"{address!r} is no address: {fault}; write it whole, such as https://receiver.example"


@pytest.mark.parametrize("address", ["ftp://me:canary@x", "https://x y/?key=canary", "ftp://x/#canary"])
def test_what_may_hold_a_secret_is_not_shown(address: str) -> None:
    with pytest.raises(ValueError, match=r"^this is no address: ") as caught:
        web_address(address)
    assert "canary" not in str(caught.value)


@given(st.text(st.sampled_from("htps:/.[]@?#%\\ a-1_*ü“"), max_size=12).map(lambda text: f"https://{text}"))
def test_what_is_taken_can_be_asked(text: str) -> None:
    try:
        address = web_address(text)
    except ValueError:
        return
    assert Request("GET", address).prepare().url
