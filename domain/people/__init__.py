"""People, accounts, desks."""
