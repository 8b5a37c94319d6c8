"""What is billed beside the prices of xAI's list.

From xAI's price page and documentation as of late 2026; nothing of it is told by the
API, so it is words and not amounts to compute with.
"""

from __future__ import annotations

from typing import Final

NOT_COVERED: Final = (
    ("Server tools", "web search, X search and code execution $5 per 1,000 calls, "
     "attachment search $10, collection search $2.50"),
    ("Priority tier", "twice the price of every token, when the answer says so"),
    ("Batch", "20% less for grok-4.3 and grok-4.20, nothing for others"),
    ("Regional surcharge", "10% more through us.api.x.ai"),
    ("Refused content", "$0.05 where a violation is caught before the answer"),
    ("Images and video that are made", "priced per piece, not per token"),
)  # fmt: skip
