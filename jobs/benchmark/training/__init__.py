"""`careerstream benchmark training`: speed and memory of training."""
