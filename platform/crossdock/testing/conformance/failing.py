"""Promises about trouble: what passes is got over, what lasts is told, and what is told is of the right class."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from crossdock.config import RemoteConfig
from crossdock.errors import CrossdockError, PermanentError, RecordError, RetryableError
from crossdock.fault import FAULTS, said
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.plugins import Source
from crossdock.testing.conformance.bench import Bench
from crossdock.testing.crash import Snapshot
from crossdock.testing.faults import inject

# What is gone when it is asked for again; the session asks again by itself.
_BRIEF = ("429 1s at 2", "503 at 2", "500 at 1", "drop at 2", "latency 20ms")
# What may end a run, too, if it says so.
_OTHERS = ("truncate at 2", "html at 2", "repeat at 3", "repeat from 2", "empty at 2", "poison")
# What does not pass, and what it must be told as.
_LASTING: dict[str, type[CrossdockError]] = {
    "503": RetryableError,
    "503 from 2": RetryableError,
    "429 1s from 2": RetryableError,
    "drop": RetryableError,
    "drop from 2": RetryableError,
    "truncate": CrossdockError,
    "truncate from 2": CrossdockError,
    "html": CrossdockError,
    "html from 2": CrossdockError,
    "401": PermanentError,
    "expire from 2": PermanentError,
    "403": PermanentError,
}
_SLOW = timedelta(milliseconds=500)
_QUICK = RemoteConfig(retries=0, read_timeout=timedelta(milliseconds=150))


def answers(bench: Bench) -> Iterator[str]:
    """Asked whether it is let in, it says who answered."""
    with bench.stand() as stand, stand.source() as source:
        try:
            said = source.check()
        except FAULTS as error:  # a stranger's code may raise anything
            yield f"check raises {_told(error)}"
            return
    if not isinstance(said, str) or not said.strip():
        yield f"check returns {said!r}; it must say what answered, such as the shop's name"


def refuses_wrong_credentials(bench: Bench) -> Iterator[str]:
    """With a wrong key it stops, and says so."""
    with bench.stand() as stand:
        if not stand.secrets:
            return
        wrong = {name: f"{value[::-1]}-wrong" for name, value in stand.secrets.items()}
        for what, act in _acts(bench):
            with stand.source(wrong) as source:
                yield from _expect(PermanentError, act, source, f"with wrong credentials, {what}")


def tells_what_lasts(bench: Bench) -> Iterator[str]:
    """Trouble that lasts ends a read with an error of the right class; never as if there were nothing more."""
    what, read = next(act for act in _acts(bench) if act[0] == "read")
    for fault, expected in _LASTING.items():
        with bench.stand() as stand:
            happening = inject(stand.server, fault)
            with stand.source() as source:
                troubles = list(_expect(expected, read, source, f"with {fault!r}, {what}"))
            if happening.happened:
                yield from troubles


def gets_over_what_passes(bench: Bench) -> Iterator[str]:
    """Trouble that passes leaves no trace: in the end, the same records are there."""
    with bench.stand() as stand:
        right = stand.undisturbed()
    for fault in (*_BRIEF, *_OTHERS):
        with bench.stand() as stand:
            url = bench.new_store()
            hook = inject(stand.server, fault)
            report = stand.run(url)
            stand.server.hooks.remove(hook)
            found, waiting = bench.found(url)
            yield from (f"with {fault!r}, {trouble}" for trouble in _troubles(fault, report, found, waiting, right))
            if [*found.differences(right)]:
                stand.run(url)
                healed, _waiting = bench.found(url)
                lasting = (one for one in healed.differences(right) if not _names(one, waiting))
                yield from (f"with {fault!r}, and in the next run as well: {one}" for one in lasting)


def _troubles(
    fault: str, report: TransferReport, found: Snapshot, waiting: set[str | None], right: Snapshot
) -> Iterator[str]:
    """Say what is wrong with a run that met a fault: it must end rightly, or say why not."""
    if report.outcome != "succeeded" and not report.session_errors:
        yield f"the run ends as {report.outcome} and does not say why"
    elif report.outcome != "succeeded" and fault in _BRIEF:
        yield f"which asking again gets over, the run ends as {report.outcome}: {report.session_errors[0]}"
    for remote_id, record in found.records.items():
        if record != right.records.get(remote_id) and remote_id not in waiting:
            yield f"a wrong record of {remote_id} is stored"
    missing = right.records.keys() - found.records.keys() - waiting
    if report.outcome == "succeeded" and missing:
        yield f"the run succeeds though {', '.join(sorted(missing)[:3])} are missing"


def _names(difference: str, waiting: set[str | None]) -> bool:
    return any(remote_id is not None and f" {remote_id} " in difference for remote_id in waiting)


def asks_through_the_session(bench: Bench) -> Iterator[str]:
    """Every request goes through the connection's session, with its timeouts, repetitions, rate limit and proxy."""
    with bench.stand() as stand, stand.source() as source:
        for _what, act in _acts(bench):
            act(source)
    for request in stand.requests:
        agent = request.headers.get("user-agent", "")
        if not agent.startswith("Crossdock/"):
            yield f"{request.method} {request.path} came from {agent or 'somebody unknown'!r}, not from the session"
            return
    if not stand.requests:
        yield "it asked its sandbox for nothing; does it read settings.url?"


def gives_up_in_time(bench: Bench) -> Iterator[str]:
    """A remote system that is silent for longer than read_timeout is given up."""
    for what, act in _acts(bench):
        with bench.stand() as stand:
            inject(stand.server, f"latency {_SLOW.microseconds // 1000}ms")
            with stand.source(remote=_QUICK) as source:
                begin = time.monotonic()
                error = _error_of(act, source)
                seconds = time.monotonic() - begin
        if error is None:
            yield f"{what} waits {seconds:.1f} s for a silent remote system, though read_timeout is 150 ms"
        elif not isinstance(error, RetryableError if what == "read" else CrossdockError):
            yield f"{what} raises {_told(error)} of a remote system that is silent; it must be RetryableError"


def _acts(bench: Bench) -> list[tuple[str, Callable[[Source], object]]]:
    record_type = bench.record_type
    return [
        ("check", lambda source: source.check()),
        ("read", lambda source: list(source.read(record_type, None, 3))),
    ]


def _expect(
    expected: type[CrossdockError], act: Callable[[Source], object], source: Source, what: str
) -> Iterator[str]:
    error = _error_of(act, source)
    if error is None:
        yield f"{what} ends as if nothing had happened; it must raise {expected.__name__}"
    elif isinstance(error, RecordError) or not isinstance(error, expected):
        yield f"{what} raises {_told(error)}; it must be {expected.__name__}"


def _error_of(act: Callable[[Source], object], source: Source) -> BaseException | None:
    try:
        act(source)
    except FAULTS as error:  # a stranger's code may raise anything
        return error
    return None


def _told(error: BaseException) -> str:
    text = " ".join(said(error).split())
    return f"{type(error).__name__}: {text[:120]}{'...' if len(text) > 120 else ''}"
