"""The preset `best()` in the stream: the encoder-decoder and the content ranker, blended."""
