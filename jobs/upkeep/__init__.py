"""Jobs beside the flow."""
