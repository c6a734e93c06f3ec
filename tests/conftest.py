"""Settings of every test: hypothesis tries the same examples each time and keeps none."""

from hypothesis import settings

settings.register_profile("exact", derandomize=True, deadline=None, database=None, print_blob=False)
settings.load_profile("exact")
