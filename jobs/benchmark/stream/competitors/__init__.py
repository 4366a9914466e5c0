"""Other stream processors, measured beside ours."""
