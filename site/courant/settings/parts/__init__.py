"""One module an integration, so that a setting is found by what it is for."""
