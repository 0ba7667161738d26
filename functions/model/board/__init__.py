"""The board: a table of the requests in progress and of those that ended lately."""
