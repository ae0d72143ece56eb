"""What the product measures of itself, as Prometheus asks for it."""
