"""Log records as JSON: one object a line, with fields and tracebacks, without secrets, acting on no terminal."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crossdock.cli.logs import JsonLine, start_logging
from crossdock.config import Redactor

SECRET = "a-secret-canary"


def made(message: str, **more: Any) -> logging.LogRecord:
    record = logging.LogRecord("crossdock.test", logging.WARNING, __file__, 1, message, (), None)
    record.__dict__.update(more)
    return record


@given(st.text(), st.dictionaries(st.text(min_size=1), st.text(), max_size=3))
def test_whatever_is_logged_is_one_line_of_ascii_that_reads_back(message: str, field: dict[str, str]) -> None:
    line = JsonLine(Redactor([])).format(made(message, fields={"field": field}))
    assert line.isascii()
    assert line.isprintable()
    read = json.loads(line)
    assert (read["message"], read["field"], read["level"], read["logger"]) == (
        message,
        field,
        "warning",
        "crossdock.test",
    )


def test_secrets_are_taken_out_of_messages_fields_and_tracebacks(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging(Redactor([SECRET]), verbose=False, as_json=True)
    try:
        raise ValueError(SECRET)  # noqa: TRY301 - a traceback is wanted
    except ValueError:
        logging.getLogger("crossdock.test").exception("it is %s", SECRET, extra={"fields": {"url": f"?key={SECRET}"}})
    err = capsys.readouterr().err
    assert SECRET not in err
    read = json.loads(err)
    assert (read["message"], read["url"]) == ("it is [redacted]", "?key=[redacted]")
    assert "Traceback" in read["exception"]
