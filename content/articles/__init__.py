"""Quick guides, blogs, newsletter features and blogs, news and reports."""
