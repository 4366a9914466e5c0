"""The content ranker of the preset `best`, blended with the encoder-decoder."""
