"""People: their mail addresses, the roles that are told of events, and who has CSRs signed."""
