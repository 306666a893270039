"""Tickets: the aggregate, its verbs, and who may do them."""
