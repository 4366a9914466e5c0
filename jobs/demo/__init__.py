"""The demo: the whole flow once, on a simulated market or a real stream, with checks and a page."""
