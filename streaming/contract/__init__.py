"""The contract: records, topics, the schemas derived from them, and the decoder of values."""
