"""Content features of the offline preset `best`: similarity, co-occurrence, popularity."""
