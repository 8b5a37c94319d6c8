"""What a prompt comes to, told before it is sent."""
