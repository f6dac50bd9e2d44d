"""Settings of the whole suite."""

from hypothesis import settings

# how long one example takes says more about the machine than about the code
settings.register_profile("crossdock", parent=settings(), deadline=None)
settings.load_profile("crossdock")
