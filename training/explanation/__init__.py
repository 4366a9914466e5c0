"""Explanation: attribution of a list to the steps of a profile, and reasons in words."""
