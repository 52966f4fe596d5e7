"""Settings: `base` is what every size shares, `dev`, `test`, `production` what differs, `parts` an integration each."""
