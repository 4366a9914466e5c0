"""Hard wishes: the postings that meet them, and the reasons that name them."""
