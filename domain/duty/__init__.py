"""Who is there: rosters, leave and its deputies, swaps, cover, leavers. Nobody's work is without somebody."""
