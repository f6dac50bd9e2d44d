"""Mappings from TOML text, for tests."""

from crossdock.errors import Problem
from crossdock.mapping.build import build_mapping
from crossdock.mapping.definition import Mapping
from crossdock.mapping.mapper import Mapper
from crossdock.toml import parse_toml

CONNECTION = "5377568eb7e165e3b38af6eece4a0001"
MODULE = "connector.shop"


def problems_of(text: str, own: str | None = None, record_type: str = "order") -> list[str]:
    """What is wrong with a mapping: the connector's text, and a connection's own TOML at [connection.import.order]."""
    return [str(problem) for problem in _build(text, own, record_type)[1]]


def mapping_of(text: str, own: str | None = None, record_type: str = "order") -> Mapping:
    mapping, problems = _build(text, own, record_type)
    assert mapping is not None, "\n".join(map(str, problems))
    return mapping


def mapper_of(text: str, own: str | None = None, record_type: str = "order") -> Mapper:
    return Mapper(mapping_of(text, own, record_type), CONNECTION)


def _build(text: str, own: str | None, record_type: str) -> tuple[Mapping | None, list[Problem]]:
    problems: list[Problem] = []
    base = parse_toml(text, "mapping.toml")
    overrides = None if own is None else parse_toml(own, "plugins.toml")
    path = ("connection", 0, "import", record_type)
    return build_mapping(record_type, MODULE, base, overrides, path, problems), problems
