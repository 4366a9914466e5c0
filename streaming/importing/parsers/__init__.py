"""Parsers: times, money, markup and single values, in the forms of other people's files."""
