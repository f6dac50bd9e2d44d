"""A settings model is described in the words of the file, not of Python."""

from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from crossdock.config.describe import describe
from crossdock.config.duration import Duration


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(BaseModel):
    x: int


class Model(BaseModel):
    text: str = Field(description="a text")
    maybe: str | None = None
    secret: SecretStr
    words: tuple[str, ...] = ()
    mixed: list[int | str] = Field(default=[1, "a"])
    share: Decimal = Decimal("0.10")
    waits: Duration = timedelta(minutes=90)
    file: Path | None = None
    mode: Literal["a", "b"] = "a"
    colour: Colour = Colour.BLUE
    inner: Inner | None = None
    table: dict[str, str] = Field(default={})
    on: bool = True
    count: Annotated[int, Field(gt=0, lt=10)] = 5
    from_: str = Field(default="x", alias="from")


def test_every_kind_of_setting_has_words() -> None:
    assert [(key.key, key.kind, key.required, key.default) for key in describe(Model)] == [
        ("text", "text", True, ""),
        ("maybe", "text", False, ""),
        ("secret", "secret", True, ""),
        ("words", "list of texts", False, ""),
        ("mixed", "list of whole number or text", False, '[1, "a"]'),
        ("share", "number", False, "0.10"),
        ("waits", "duration", False, '"1h30m"'),
        ("file", "path", False, ""),
        ("mode", '"a" or "b"', False, '"a"'),
        ("colour", '"red" or "blue"', False, '"blue"'),
        ("inner", "table", False, ""),
        ("table", "table", False, ""),
        ("on", "true or false", False, "true"),
        ("count", "whole number, above 0, below 10", False, "5"),
        ("from", "text", False, '"x"'),
    ]
    assert next(describe(Model)).text == "a text"
