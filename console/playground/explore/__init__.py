"""What xAI itself says about keys and models, asked live."""
