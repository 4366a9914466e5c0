"""`careerstream benchmark scoring`: lists a second of each way to score profiles."""
