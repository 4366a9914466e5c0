"""How many inputs a fuzz test tries: hundreds, or ten thousand with --hypothesis-profile=fuzz."""

from hypothesis import HealthCheck, settings

FUZZ = settings(
    max_examples=max(200, settings.default.max_examples),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
