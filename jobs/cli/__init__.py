"""The command line `careerstream`."""
