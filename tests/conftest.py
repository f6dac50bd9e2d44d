"""Settings of the whole suite, and the databases it runs on."""

import os

from hypothesis import HealthCheck, settings

from tests.databases import database, postgresql, slate, store, url

__all__ = ["database", "postgresql", "slate", "store", "url"]

# how long examples take to make and to try says more about the machine than about the code
settings.register_profile("crossdock", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
# where the same examples are tried every time, half of them find as much
settings.register_profile("crossdock-ci", parent=settings.get_profile("crossdock"), max_examples=50)
settings.load_profile("crossdock-ci" if os.environ.get("CI") else "crossdock")
