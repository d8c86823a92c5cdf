"""From steps to records, and from records to a verdict."""
