"""The offline preset `best`: several scorers, blended by what the validation part says."""
