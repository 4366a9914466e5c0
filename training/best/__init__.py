"""The preset `best()`: whatever measures best, chosen by what the data hold."""
