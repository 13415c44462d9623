"""What a page says: the facts of an incident put into words for one reader, in their local time.

The first 140 characters are all that a lock screen shows, and enough to act on.
"""

from notifier.messages.compose import compose
from notifier.messages.facts import Due, PageFacts, Reason
from notifier.messages.headline import HEADLINE_LENGTH, headline
from notifier.messages.message import Message

__all__ = ["HEADLINE_LENGTH", "Due", "Message", "PageFacts", "Reason", "compose", "headline"]
