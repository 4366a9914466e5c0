"""Write the rules: python -m infra.alerts [FILE]."""

import sys
from pathlib import Path

from infra.alerts.rules import FILE, text

target = Path(sys.argv[1]) if sys.argv[1:] else FILE
target.write_text(text(), encoding="utf-8")
