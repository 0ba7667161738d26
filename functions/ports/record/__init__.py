"""The ports to the record of acts."""
