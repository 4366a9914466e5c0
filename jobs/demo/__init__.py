"""The demo: the whole way once, on real parts, and the evidence of what came out."""
