"""Kafka: clients, Spark sources and sinks, decoding of batches, dead letters."""
