"""Commands about people: erasure and its receipt."""
