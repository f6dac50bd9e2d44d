"""TOML files that know where everything stands, so that every complaint can name line and column."""

from crossdock.toml.document import Place, TomlDocument, TomlPath, parse_toml, read_toml

__all__ = ["Place", "TomlDocument", "TomlPath", "parse_toml", "read_toml"]
