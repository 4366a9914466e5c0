"""`careerstream benchmark quality`: recommendation quality on a file."""
