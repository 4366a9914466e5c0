"""Operations beside the flow: imports, dead letters, rebuilding a checkpoint, status."""
