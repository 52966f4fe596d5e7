"""Building messages and handing them to a relay."""
