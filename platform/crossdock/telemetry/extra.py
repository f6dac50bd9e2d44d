"""What to say where the extra is not installed that metrics and traces need."""

from __future__ import annotations

from crossdock.errors import ConfigError


class MissingExtraError(ConfigError):
    """Something was asked for that needs packages which are not installed."""

    def __init__(self, asked: str, package: str | None) -> None:
        super().__init__(
            f"{asked} needs the extra 'metrics' ({package or 'a package'} is not installed): "
            "pip install 'crossdock[metrics]'"
        )
