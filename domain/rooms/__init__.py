"""War rooms 作战群: a group of its own for a ticket that can't wait, with everybody who has to do with it."""
