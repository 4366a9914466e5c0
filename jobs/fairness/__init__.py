"""Fairness: the audit of the champion, and its page."""
