"""War rooms: who hears what in them, and the errands that make and keep them."""
