"""The model: words to vectors, encoder, attention, decoder, training and the registry."""
