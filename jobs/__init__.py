"""The Spark jobs, one file for each arrow of the flow, and the programs around them."""
