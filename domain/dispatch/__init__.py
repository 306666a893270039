"""Who is asked first: rules, strategies, and offers that move on when nobody answers. Anybody may still accept."""
