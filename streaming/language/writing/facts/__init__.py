"""Facts of a posting's text: numbers, skills, places, conditions; their comparison."""
