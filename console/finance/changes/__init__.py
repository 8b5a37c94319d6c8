"""What changed in prices and models: the feed, its reviews, and its Atom twin."""
