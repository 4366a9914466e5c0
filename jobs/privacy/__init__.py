"""Privacy: somebody found in every place, erased, given a receipt, or given all about them."""
