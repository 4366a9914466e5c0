"""Courses as schema.org describes them."""
