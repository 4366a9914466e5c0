"""The words of the simulated market: occupations, places, employers and sentences."""
