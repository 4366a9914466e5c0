"""Pseudonyms in place of candidates' ids, sealed dead letters, personal data taken out of texts."""
