"""Job beside the flow: compacts and vacuums the Delta tables.

Run: spark-submit jobs/upkeep/maintain.py --config careerstream.toml
"""

from jobs.runtime.entrypoint import run_once
from streaming.lake.maintenance import maintain_tables

if __name__ == "__main__":
    run_once("maintain", maintain_tables)
