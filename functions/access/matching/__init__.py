"""What a pattern of the access file means for each kind of name, for subjects and for keys."""
