"""Requests that wait for the yes of somebody else, and what may become of them."""
