"""What differs between teams: `overview.overview` of all, `pairs.pair` of two."""
