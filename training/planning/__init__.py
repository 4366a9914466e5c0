"""Plans from what somebody has to a goal: courses in order, and occupations on the way."""
