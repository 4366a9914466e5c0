"""Set-up of a checkout: `python3 -m infra.setup`, which `make setup` calls.

Standard library only, because it runs on a bare system Python (3.11 or newer) before anything is
installed. Everything it fetches or builds goes into a cache outside the repository and appears
there only when it is complete.
"""
