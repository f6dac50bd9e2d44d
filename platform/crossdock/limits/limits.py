"""What a remote system allows of custom data, as data: nothing here knows any system by name."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

EntryType: TypeAlias = Literal["string", "bool", "integer", "decimal", "json"]
Unit: TypeAlias = Literal["characters", "bytes"]

_RANGES = (("min_key", "max_key"), ("min_value", "max_value"), ("min_entries", "max_entries"))


class Limits(BaseModel):
    """Numbers and what they count. A limit that is absent limits nothing.

    They hold for each record and each of its parts alone: a row has its own entries, as it has in the remote system.
    A value is measured as the text it is sent as: a string's own, ``true``, the digits of a number, the compact JSON of
    a ``json`` entry.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    max_entries: int | None = Field(default=None, ge=0, description="how many entries may stand together")
    min_entries: int | None = Field(
        default=None, ge=1, description="how many entries must at least stand together, where there are or were any"
    )
    per: Literal["owner", "record"] = Field(
        default="owner",
        description='whose entries stand together: `"owner"`, those of one connection, or `"record"`, all that the '
        "limits are for",
    )
    nested: Literal["one", "each"] = Field(
        default="one", description='what a nested value counts as: `"one"` entry, or `"each"` of its leaves'
    )
    min_key: int | None = Field(default=None, ge=0, description="how long a key must at least be")
    max_key: int | None = Field(default=None, ge=0, description="how long a key may be")
    key_counts: Literal["key", "dictionaryKey"] = Field(
        default="key", description='what is measured: the `"key"` alone, or the whole `"dictionaryKey"`'
    )
    key_unit: Unit = Field(default="characters", description="in what a key is measured (bytes of UTF-8)")
    forbidden: str = Field(default="", description="characters that no key may contain")
    allowed: str = Field(default="", description="the only characters that a key may contain; empty: any")
    types: tuple[EntryType, ...] | None = Field(default=None, description="which types entries may have")
    min_value: int | None = Field(default=None, ge=0, description="how long a value must at least be")
    max_value: int | None = Field(default=None, ge=0, description="how long a value may be")
    max_json: int | None = Field(
        default=None, ge=0, description="how long a value of type json may be, if not as long as others"
    )
    value_unit: Unit = Field(default="characters", description="in what a value is measured (bytes of UTF-8)")
    max_total: int | None = Field(
        default=None, ge=0, description="bytes of the entries that stand together, as one compact JSON object"
    )
    fixed_name: bool = Field(
        default=False, description="the name cannot be changed by an update; Crossdock's own API never lets it"
    )

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.types == ():
            message = "types = [] would allow nothing; name at least one, or leave the line out for all of them"
            raise ValueError(message)
        for least, most in _RANGES:
            low, high = getattr(self, least), getattr(self, most)
            if low is not None and high is not None and low > high:
                message = f"{least} = {low} is more than {most} = {high}; nothing would be allowed"
                raise ValueError(message)
        return self

    @property
    def given(self) -> dict[str, object]:
        """The limits that are set, by name."""
        return self.model_dump(exclude_defaults=True)
