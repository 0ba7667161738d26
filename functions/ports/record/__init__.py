"""The ports of the record: the list of all acts, what is too old, and the files of acts."""
