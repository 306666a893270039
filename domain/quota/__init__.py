"""What a platform's monthly allowance is, how long it lasts, and what is given up as it runs out."""
