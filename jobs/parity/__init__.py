"""Parity: what is served compared with what is recorded, while the stream runs."""
