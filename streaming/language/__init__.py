"""Language: what people say about the work that they wish for, as typed values with their spans."""
