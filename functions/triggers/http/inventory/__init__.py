"""The routes of the inventory, and what is made of it."""
