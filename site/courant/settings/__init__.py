"""Settings: `base` is what every size shares, `dev`, `test`, `production` what differs, `parts` one integration each."""
