"""Template tags of the audience."""
