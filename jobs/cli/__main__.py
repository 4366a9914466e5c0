"""`python -m jobs.cli` is `careerstream`."""

from jobs.cli.app import main

main()
