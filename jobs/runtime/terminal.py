"""The console that commands and the demo print to."""

from rich.console import Console

console = Console()
"""For people. Output that programs read goes to standard output without it."""
