"""Fetching, scanning, showing and removing what people sent along with words."""
