"""Maps titles, skills and sentences to the occupations and skills of a taxonomy."""
