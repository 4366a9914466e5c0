"""The encoder-decoder: features, network, loss, examples, presets."""
