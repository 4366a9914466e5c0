"""Plans: what they are made of, the plan of one candidate, and the plans on their topic."""
