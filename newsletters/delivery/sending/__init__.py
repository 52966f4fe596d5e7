"""A sender at work: claims chunks, composes, hands over, reports."""
