"""Texts of salaries: their tokens, and the grammar that reads an amount or a range from them."""
