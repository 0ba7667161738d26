"""Whether servers show the current versions: endpoints are looked at when they are due, and people
hear of what is served, and of what is not.

expected         which version an endpoint is to show, since when
by_inventory     the same by the inventory, once an hour
look_at          looking at the endpoints of a certificate, within what is allowed
tell             which events follow from what was seen
check_endpoints  what is due in a vault
states           what the endpoints of a vault were at the last look
status           whether it is on, and what of the endpoints cannot be read
file_faults      telling operators what of the file of endpoints cannot be read
"""
