"""Reads for cards, lists and exports: statements in, frozen rows out. No aggregate is loaded here."""
