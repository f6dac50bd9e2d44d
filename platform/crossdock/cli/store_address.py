"""Where a store is, as an argument says it: a url, or the name of the environment variable that holds one."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from crossdock.cli.place import Place
from crossdock.errors import ConfigError

_FROM_ENVIRONMENT = "env:"


def store_address(place: Place, text: str) -> str:
    """Read the argument; what is secret in it is not printed from now on.

    Raises:
        ConfigError: there is no such variable, or a password stands on the command line, where everybody can read it.
    """
    if not text.startswith(_FROM_ENVIRONMENT):
        if _password(text):
            raise ConfigError(
                "a password does not belong on a command line, where every user of the machine can read it; put the "
                "url into an environment variable and write env:NAME"
            )
        return text
    name = text.removeprefix(_FROM_ENVIRONMENT)
    url = os.environ.get(name)
    if not url:
        raise ConfigError(f"the environment variable {name!r} is not set; it is to hold the url of a store")
    if password := _password(url):
        place.keep_secret(password, url)
    return url


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:  # what cannot be read may hold one as well
        return url
