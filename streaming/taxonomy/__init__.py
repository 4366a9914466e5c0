"""Taxonomies: occupations and skills, read from the files that ESCO and O*NET publish."""
