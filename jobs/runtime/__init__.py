"""What jobs and programs share: entry point, queries, health, sandbox and terminal."""
