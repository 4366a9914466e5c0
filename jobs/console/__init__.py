"""`careerstream console`: pages that show the stream live, to a candidate and to the operator."""
