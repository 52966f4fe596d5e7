"""Template tags that rooms below search may use."""
