"""Conversations: what a turn means, its answer, and the messages that are its effects."""
