"""The Spark jobs, one file per arrow of the flow, and the command line that starts them."""
