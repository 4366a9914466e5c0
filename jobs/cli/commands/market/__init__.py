"""Commands about occupations, skills and both sides of the market."""
