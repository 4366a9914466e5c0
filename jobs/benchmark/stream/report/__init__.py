"""The report of the stream benchmark."""
