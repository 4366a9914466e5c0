"""The parts of the stream benchmark, one file each, and the programs they are compared with."""
