"""Ranking: lists with reasons, by the encoder-decoder or by popularity."""
