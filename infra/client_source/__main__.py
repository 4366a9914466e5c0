"""Write the generated modules of careerstream-client: python -m infra.client_source [FOLDER]."""

import sys
from pathlib import Path

from infra.client_source.modules import FOLDER, modules

target = Path(sys.argv[1]) if sys.argv[1:] else FOLDER
for name, content in modules():
    (target / name).write_text(content, encoding="utf-8")
