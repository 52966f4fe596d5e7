"""Settings: `base` holds what every size shares, `dev`, `test` and `production` what differs, `parts` one file an integration."""
