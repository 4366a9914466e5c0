"""`careerstream benchmark stream`: the stream's speed beside that of a mere copy."""
