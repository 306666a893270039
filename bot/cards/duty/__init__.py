"""Cards of leave, deputies, rosters and swaps. What each shows is told by the state and by who looks at it."""
