"""People and organisations that pages name as authors."""
