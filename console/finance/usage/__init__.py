"""What calls cost: the pages below /usage/ that show sums."""
