"""Settings of the whole suite, and the databases it runs on."""

from hypothesis import settings

from tests.databases import database, postgresql, slate, store, url

__all__ = ["database", "postgresql", "slate", "store", "url"]

# how long one example takes says more about the machine than about the code
settings.register_profile("crossdock", parent=settings(), deadline=None)
settings.load_profile("crossdock")
