"""Retrieval: the few postings of a catalogue from which a list is made."""
