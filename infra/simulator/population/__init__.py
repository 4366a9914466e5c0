"""The population of a simulated market as arrays: employers, postings and candidates."""
