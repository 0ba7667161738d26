"""From an event to people: the notice, who gets it on which channel, and its delivery."""
