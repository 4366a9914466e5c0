"""Profiles: the fold of events and stated parts, and its operator with state in the stream."""
