"""The routes of the board and of the view of one request."""
