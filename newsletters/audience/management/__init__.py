"""Management of the audience."""
