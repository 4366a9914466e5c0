"""The contract: records, topics, the schemas made from them, and the decoder of values."""
