"""/metrics: what Prometheus reads."""
