"""Everything that is known of one model, for its page: `page.model_page`."""
