"""What every measurement of the stream uses: load, sandbox, processes, waiting and statistics."""
