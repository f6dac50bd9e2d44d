"""What every record and every part of a record has in common."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from crossdock.customdata.entry import CustomDataEntry
from crossdock.records.values import HexId, RecordTypeName, Timestamp


def _agree(entries: dict[str, CustomDataEntry]) -> dict[str, CustomDataEntry]:
    for key, entry in entries.items():
        if key != entry.dictionary_key:
            raise PydanticCustomError(
                "custom_data_key",
                "the entry under {key} says it is {own}; key and entry must agree",
                {"key": repr(key), "own": repr(entry.dictionary_key)},
            )
    return entries


CustomData: TypeAlias = Annotated[dict[str, CustomDataEntry], AfterValidator(_agree)]
IdMap: TypeAlias = dict[HexId, str]


class WireModel(BaseModel):
    """A frozen model: snake_case in Python, camelCase on the wire, nothing unknown, nothing converted."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        defer_build=True,  # a start builds the one record type that it works on
    )


class Link(WireModel):
    """A reference to another record, by localId or by a connection's remote id if that record is yet to arrive."""

    record_type: RecordTypeName
    local_id: HexId | None = Field(default=None, description="the other record's localId, or else the next two")
    connection_id: HexId | None = Field(default=None, description="whose remote id it is")
    remote_id: str | None = Field(
        default=None, max_length=500, description="the other record's id there; it may arrive later"
    )

    @model_validator(mode="before")
    @classmethod
    def _named_once(cls, data: object) -> object:
        # Before the fields, so that it holds for the plain dicts as well that are checked without building models.
        if isinstance(data, dict):
            given = {to_camel(name) for name, value in data.items() if isinstance(name, str) and value is not None}
            if given & {"localId", "connectionId", "remoteId"} not in ({"localId"}, {"connectionId", "remoteId"}):
                raise PydanticCustomError("link", "a link names its record by localId, or by connectionId and remoteId")
        return data


class SubRecord(WireModel):
    """A part of a record with an identity of its own, so that it can carry custom data."""

    remote_id_map: IdMap = Field(default_factory=dict, description="connectionId -> id of this part in that remote")
    custom_data: CustomData = Field(default_factory=dict, description="typed entries for what has no field")
    removed: bool = Field(
        default=False, description="vanished remotely, kept because of others' entries, outside all totals"
    )


class Record(WireModel):
    """What every record carries; ``lastModified`` and ``version`` move only when something really changed."""

    local_id: HexId | None = Field(default=None, description="platform id, never changes")
    remote_id_map: IdMap = Field(default_factory=dict, description="connectionId -> id of this record in that remote")
    remote_ref_map: IdMap = Field(default_factory=dict, description="connectionId -> what a person there calls it")
    created: Timestamp | None = Field(default=None, description="when the platform first stored it")
    last_modified: Timestamp | None = Field(default=None, description="when something in it last really changed")
    version: int | None = Field(default=None, ge=1, description="counts real changes, from 1")
    links: list[Link] = Field(default_factory=list, description="references to other records")
    custom_data: CustomData = Field(default_factory=dict, description="typed entries for what has no field")
