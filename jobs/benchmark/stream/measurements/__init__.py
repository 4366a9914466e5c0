"""The parts of the stream benchmark, one file each."""
