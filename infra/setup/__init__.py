"""Set-up of a checkout: `python3 -m infra.setup`, which `make setup` calls.

It uses only the standard library, because it runs on a bare Python (3.11 or newer) before anything
is installed. What it fetches or builds goes into a cache outside the repository, and appears there
only when it is complete.
"""
