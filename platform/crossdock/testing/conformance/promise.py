"""What every connector promises, and how each promise is put to the test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossdock.errors import ConfigError, CrossdockError
from crossdock.fault import FAULTS, said
from crossdock.plugins import ConnectorSpec, load_plugins
from crossdock.suggestion import did_you_mean
from crossdock.testing.conformance import crashing, failing, keeping, reading, secrecy
from crossdock.testing.conformance.bench import Bench, BenchError
from crossdock.testing.effects import Stopped

_MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of promise: its name, where it is looked at, what to do if it is broken."""

    name: str
    look: Callable[[Bench], Iterator[str]]
    remedy: str
    once: bool = False

    @property
    def says(self) -> str:
        """What is promised, as a sentence."""
        return " ".join(str(self.look.__doc__).split())


_KINDS = (
    _Kind(
        "answers",
        failing.answers,
        "let check() ask for something small and return what answered; let its sandbox answer that",
        once=True,
    ),
    _Kind(
        "refuses wrong credentials",
        failing.refuses_wrong_credentials,
        "hand the credentials to session.configure(auth=...), and let the sandbox answer 401 to others",
        once=True,
    ),
    _Kind(
        "reads everything",
        reading.reads_everything,
        "read with read_by_modification or read_by_id, and hand page_size on to the remote system",
    ),
    _Kind("reads nothing twice", reading.reads_nothing_twice, "use read_by_modification or read_by_id: both drop it"),
    _Kind(
        "reads what changed",
        reading.reads_what_changed,
        "ask for modification times at or after 'since', and never set a cursor beyond what has been read",
    ),
    _Kind(
        "survives changes",
        reading.survives_changes,
        "never go by page numbers alone; read_by_modification and read_by_id are immune to this",
    ),
    _Kind(
        "fetches what it reads",
        reading.fetches_what_it_reads,
        "let fetch ask for the same record with the same fields as the list has; fetch_record does it",
    ),
    _Kind(
        "gives payloads as they came",
        reading.gives_payloads_as_they_came,
        "take RemoteItem.raw from the answer as it is; fetch_page, split_page and read_record do it",
    ),
    _Kind(
        "maps without loss",
        keeping.maps_without_loss,
        "crossdock preview shows where each value goes; what nothing maps is kept by itself, unless code takes it away",
    ),
    _Kind(
        "fits its fields",
        keeping.fits_its_fields,
        "translate the remote's words in the mapping line, or leave the field out: its value is kept as custom data",
    ),
    _Kind(
        "writes nothing twice",
        keeping.writes_nothing_twice,
        "payloads must not differ from one read to the next: drop what does in the mapping",
    ),
    _Kind(
        "asks through the session",
        failing.asks_through_the_session,
        "use the session that open() gets, and no HTTP client of your own",
    ),
    _Kind(
        "gives up in time",
        failing.gives_up_in_time,
        "use the session that open() gets: its timeouts are the operator's",
    ),
    _Kind(
        "tells what lasts",
        failing.tells_what_lasts,
        "catch no error of the session, or raise one of Crossdock's instead; docs/errors.md says which",
    ),
    _Kind(
        "gets over what passes",
        failing.gets_over_what_passes,
        "read with session.read(path, parse) and let parse raise RetryableError; tell how many records there are, "
        "as fetch_page(total_header=...) does",
    ),
    _Kind(
        "keeps secrets",
        secrecy.keeps_secrets,
        "declare secrets as SecretStr, hand their values to session.configure(secrets=[...]), and write them nowhere",
        once=True,
    ),
    _Kind(
        "survives crashes",
        crashing.survives_crashes,
        "keep no state between two runs: what a source needs is in its settings, and in 'since'",
    ),
)


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise of one connector, for one record type; ``str`` is its name, for a test's id.

    Args:
        connector: whose.
        record_type: what is read.
    """

    connector: ConnectorSpec[Any]
    record_type: str
    _kind: _Kind

    @property
    def name(self) -> str:
        """What it is called."""
        return self._kind.name

    @property
    def says(self) -> str:
        """What is promised, as a sentence."""
        return self._kind.says

    @property
    def remedy(self) -> str:
        """What to do if it is broken."""
        return self._kind.remedy

    def __str__(self) -> str:
        return f"{self.record_type}: {self.name}"

    def breaches(self, folder: Path, *, every_crash: bool = False) -> list[str]:
        """Put it to the test, and say how it is broken; nothing if it is kept.

        Args:
            folder: an empty folder for stores.
            every_crash: stop a run at each of its side effects, not only at some.
        """
        found: list[str] = []
        try:
            for breach in self._kind.look(Bench(self.connector, self.record_type, folder, every_crash)):
                found.append(breach)
                if len(found) == _MOST_TOLD:
                    break
        except (BenchError, CrossdockError) as error:
            found.append(f"it cannot be put to the test: {error}")
        except Stopped:
            found.append(
                "it asks for more and more, without end; a list must end, and one that repeats itself be noticed"
            )
        except FAULTS as error:  # a stranger's code may raise anything
            found.append(f"something raises {type(error).__name__}, which is none of Crossdock's errors: {said(error)}")
        return found


def promises(connector: ConnectorSpec[Any] | str, paths: Iterable[Path] = ()) -> list[Promise]:
    """List what a connector promises, to be put to the test one by one.

    Args:
        connector: the connector, or its name.
        paths: folders with single-file plugins, where it is looked for by name, besides the installed ones.

    Raises:
        ConfigError: there is no connector of that name, or its plugin cannot be loaded.
    """
    spec = _named(connector, paths) if isinstance(connector, str) else connector
    types = list(spec.record_types)
    return [Promise(spec, record_type, kind) for kind in _KINDS for record_type in (types[:1] if kind.once else types)]


def _named(name: str, paths: Iterable[Path]) -> ConnectorSpec[Any]:
    plugins = load_plugins(paths=paths)
    if name not in plugins.connectors:
        plugins.require_sound()
        raise ConfigError(f"there is no connector {name!r}{did_you_mean(name, plugins.connectors)}")
    return plugins.connectors[name]
