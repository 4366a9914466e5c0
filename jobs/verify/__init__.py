"""Kills jobs and the broker under load, then compares topics and tables with the plain fold."""
