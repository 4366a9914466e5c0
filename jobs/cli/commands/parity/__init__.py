"""The command that compares what is served with what is recorded."""
