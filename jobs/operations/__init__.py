"""What operators do beside the flow: imports, dead letters, rebuilds, status."""
