"""The inbox: where Teams cards, mails and webhook posts of the local stack end, shown as people would see them.

What it does not do: deliver anything anywhere, draw Teams' own fonts and avatars, check a token's signature, throttle
by itself (ask for faults at `/control/faults`), answer senders about cards that the flow would refuse afterwards.
"""

from inbox.inbox import Inbox, running_inbox
from inbox.messages import Message

__all__ = ["Inbox", "Message", "running_inbox"]
