"""Past lists: made again, explained, and made with other profiles."""
