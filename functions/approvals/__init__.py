"""Approvals: what waits for the yes of other people, who may say it, and what is done then."""
