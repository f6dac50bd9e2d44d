"""Settings that are secret: refused in plain text, noted for the redactor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from crossdock.config.annotation import At
from crossdock.config.complaint import dotted
from crossdock.config.reference import PLACEHOLDER, Resolved, reference_in, secret_values
from crossdock.config.scope import Scope


def secrets_of(model: type[BaseModel], resolved: Resolved) -> Iterator[str]:
    """Walk the secret values of a table, those from files included."""
    found = [value for _path, value in secret_values(model, resolved.data)]
    for value in (*found, *resolved.from_files()):
        if isinstance(value, str) and value != PLACEHOLDER:
            yield value


def refuse_plain_secrets(scope: Scope, model: type[BaseModel], raw: Mapping[str, Any], name: str) -> list[At]:
    """Say of each secret that stands in the file how to refer to it, and return their paths.

    Args:
        scope: the table.
        model: what it should be.
        raw: the table as it stands in the file.
        name: what the variables that are proposed begin with.
    """
    plain = {path: value for path, value in secret_values(model, raw) if reference_in(value) is None}
    for path, value in plain.items():
        scope.say(path, _plain_secret(path, value, name))
    return list(plain)


def _plain_secret(path: At, value: object, name: str) -> str:
    key = str(path[-1])
    variable = "".join(letter if letter.isalnum() else "_" for letter in f"{name}_{key}".upper())
    if isinstance(value, str) and value.startswith("$"):
        variable = value.strip("${}")
    wrong = "is given by a reference" if isinstance(value, dict) else "is a secret and must not stand in this file"
    return f'{dotted(path)!r} {wrong}; write {key} = {{ env = "{variable}" }} or {{ file = "/run/secrets/{key}" }}'
