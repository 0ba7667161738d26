"""The ports of the record: the list of all acts."""
