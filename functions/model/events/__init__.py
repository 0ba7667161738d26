"""The events that Certflow publishes: their fields, the texts that people get, the roles that are
told, and a sample of each; one class for each type of event.
"""
