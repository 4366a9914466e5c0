"""The commands, one file for each group, and the options that all of them share."""
