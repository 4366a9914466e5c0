"""What every job runs in: its entry point, its queries, its health."""
