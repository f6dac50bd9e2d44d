"""Entity tags: a record's version, by which a caller says which state of it is meant."""

from __future__ import annotations

from crossdock.api.problem import Problem

_ANY = "*"


def entity_tag(version: int) -> str:
    """Write the tag of a version."""
    return f'"{version}"'


def is_known(header: str | None, version: int) -> bool:
    """Say whether ``If-None-Match`` names this version: the caller has it already."""
    if header is None:
        return False
    tags = _tags(header)
    return _ANY in tags or str(version) in {tag.removeprefix("W/").strip('"') for tag in tags}


def require_version(header: str | None, version: int) -> None:
    """Let a write pass if ``If-Match`` is absent, ``*`` or names this version.

    Raises:
        Problem: 412; a weak tag names no state that could be written to.
    """
    if header is None:
        return
    tags = _tags(header)
    if _ANY not in tags and str(version) not in {tag.strip('"') for tag in tags}:
        raise Problem(
            412,
            "version-conflict",
            "The record was changed meanwhile",
            f"the record has version {version}, and If-Match names {header!r}",
            remedy="read the record again, apply the change to what it is now, and send that with its new ETag",
            headers={"ETag": entity_tag(version)},
        )


def _tags(header: str) -> list[str]:
    return [tag.strip() for tag in header.split(",")]
