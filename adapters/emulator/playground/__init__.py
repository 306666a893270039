"""The page with two phones on which a newcomer drives the whole product by hand."""
