"""The words by which wishes are read: tables, in English and in Chinese."""
