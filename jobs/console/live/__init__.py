"""What the pages show of the topics, as it comes."""
