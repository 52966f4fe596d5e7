"""The Q community: home, groups and stories."""
