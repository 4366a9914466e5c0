"""The verifier: processes are killed under load, and what is left is held against the fold."""
