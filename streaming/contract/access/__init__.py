"""Who may do what with the topics."""
