"""Who calls the API, what they may do, and what of it they are told."""
