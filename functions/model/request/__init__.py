"""A tracked request, from its start to its end: its records, and the functions that change it."""
