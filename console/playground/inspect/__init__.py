"""What one answer was made of: the request, the response, times and the cost. Pure."""
