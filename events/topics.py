"""The topics that the stages' facts travel by, and the directory's: public names, behind the prefix of the settings.

Each has an urgent twin but the directory's, which is compacted: the last word on each object is always there.
"""

from __future__ import annotations

TOPIC_OF = {
    "intake": "incidents",
    "router": "assignments",
    "escalation": "escalations",
    "notifier": "notifications",
}
DIRECTORY = "directory"
#: Whose log the directory's objects stand in.
DIRECTORY_OWNER = "router"
