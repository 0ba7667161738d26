"""The event of the record of acts."""
