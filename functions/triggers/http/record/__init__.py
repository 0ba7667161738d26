"""The routes of the record: who did what, over all names."""
