"""Whatever a connector does wrong ends its own run with an error that names it, and the line."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crossdock.errors import GoneError, PermanentError, RecordError, RetryableError
from crossdock.plugins import ConnectorSettings, ConnectorSpec, Page, RecordTypeSpec, RemoteItem
from crossdock.plugins.connector import Broken, Source, SupportsListing, Vanished
from crossdock.plugins.guarded import open_source

NEWEST = "2024-03-01T12:00:00Z"
ITEM = RemoteItem("7", NEWEST, b'{"id": 7}')
PAGE = Page([ITEM], [Broken(b"{", "cut")], NEWEST, 3, [Vanished("9")])


class Script:
    """A source that does what it is told."""

    def __init__(self, pages: Any = (), item: Any = ITEM, told: Any = "a script") -> None:
        self.pages, self.item, self.told = pages, item, told

    def check(self) -> Any:
        return _said(self.told)

    def read(self, record_type: str, since: object, page_size: int | None = None) -> Any:
        return (_said(page) for page in self.pages) if isinstance(self.pages, list | tuple) else self.pages

    def fetch(self, record_type: str, remote_id: str) -> Any:
        return _said(self.item)


class Listing(Script):
    """One that can list as well."""

    def listing(self, record_type: str, since: object) -> Iterator[Any]:
        return iter(self.pages)


def _said(value: Any) -> Any:
    if isinstance(value, BaseException):
        raise value
    return value


def guarded(source: Any) -> Source:
    def open_it(settings: object, session: object) -> Any:
        return _said(source)

    types = {"order": RecordTypeSpec()}
    connector = ConnectorSpec("till", "A till", ConnectorSettings, types, "", open_it)
    session: Any = None
    return open_source(connector, ConnectorSettings(), session)


def test_what_is_right_passes_as_it_is() -> None:
    source = guarded(Script([PAGE, Page([])]))
    assert list(source.read("order", None)) == [PAGE, Page([])]
    assert (source.fetch("order", "7"), source.check()) == (ITEM, "a script")


def test_only_a_source_that_lists_is_asked_for_lists() -> None:
    assert not isinstance(guarded(Script()), SupportsListing)
    listing = guarded(Listing([PAGE]))
    assert isinstance(listing, SupportsListing)
    assert list(listing.listing("order", None) or ()) == [PAGE]


@pytest.mark.parametrize("error", [RetryableError("later"), PermanentError("never"), GoneError("gone")])
@pytest.mark.parametrize("method", ["open", "check", "read", "fetch"])
def test_errors_of_ours_pass_as_they_are(method: str, error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        ASKING[method](error)
    assert caught.value is error


ASKING: dict[str, Callable[[Any], object]] = {
    "open": guarded,
    "check": lambda error: guarded(Script(told=error)).check(),
    "read": lambda error: list(guarded(Script([PAGE, error])).read("order", None)),
    "fetch": lambda error: guarded(Script(item=error)).fetch("order", "7"),
}


@pytest.mark.parametrize("method", [*ASKING])
def test_any_other_error_names_connector_method_and_line(method: str) -> None:
    with pytest.raises(
        PermanentError, match=rf"connector 'till' fails in {method}\(\): KeyError: 'boo' \(.*\.py:\d+\)"
    ):
        ASKING[method](KeyError("boo"))


class UnspeakableError(Exception):
    """An error that raises once more when it is told."""

    def __str__(self) -> str:
        raise SystemExit(5)


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit(), UnspeakableError()])
@pytest.mark.parametrize("method", [*ASKING])
def test_what_would_end_the_program_or_cannot_be_told_is_the_connectors_fault(
    method: str, error: BaseException
) -> None:
    with pytest.raises(PermanentError, match=rf"connector 'till' fails in {method}\(\): {type(error).__name__}"):
        ASKING[method](error)


@pytest.mark.parametrize("method", [*ASKING])
def test_an_operator_who_stops_it_stops_it_in_a_connector_as_well(method: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        ASKING[method](KeyboardInterrupt())


@pytest.mark.parametrize(
    ("pages", "told"),
    [
        (None, "TypeError: 'NoneType' object is not iterable"),
        ([[ITEM]], "expected a Page"),
        ([Page([ITEM.raw])], "expected a RemoteItem"),  # type: ignore[list-item]
        ([Page([RemoteItem(7, None, b"{}")])], "remote_id 7 (int); expected a text"),  # type: ignore[arg-type]
        ([Page([RemoteItem("7", None, "{}")])], "raw '{}' (str); expected bytes"),  # type: ignore[arg-type]
        (
            [Page([RemoteItem("7", "2024-03-01 12:00", b"{}")])],
            "modified '2024-03-01 12:00' (str); expected a time",
        ),
        ([Page([], cursor="yesterday")], "cursor 'yesterday' (str); expected a time such"),
        ([Page([], total="3")], "total '3' (str); expected a whole number"),  # type: ignore[arg-type]
        ([Page([], [b"{"])], "expected a Broken"),  # type: ignore[list-item]
        ([Page([], vanished=["9"])], "expected a Vanished"),  # type: ignore[list-item]
    ],
)
def test_what_is_no_page_is_told(pages: Any, told: str) -> None:
    read = guarded(Script(pages)).read("order", None)
    for given in (read, _listed(pages)) if pages else (read,):
        with pytest.raises(PermanentError) as caught:
            list(given)
        assert told in str(caught.value)
        assert "connector 'till' fails in" in str(caught.value)


def _listed(pages: Any) -> Iterator[Page]:
    listing = guarded(Listing(pages))
    assert isinstance(listing, SupportsListing)
    return listing.listing("order", None) or iter(())


def test_no_other_record_comes_than_the_one_that_was_asked_for() -> None:
    with pytest.raises(RecordError, match="asked for order '8', connector 'till' gave '7'"):
        guarded(Script()).fetch("order", "8")
    with pytest.raises(PermanentError, match=r"fetch\(\) gives None \(NoneType\); expected a RemoteItem"):
        guarded(Script(item=None)).fetch("order", "7")


def test_an_answer_without_words_is_told() -> None:
    with pytest.raises(PermanentError, match=r"check\(\) gives None \(NoneType\); expected a text"):
        guarded(Script(told=None)).check()
