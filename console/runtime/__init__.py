"""How Gatehouse is installed, started and supervised. Nothing here imports Django."""
