"""Lists, subscribers, subscriptions, permission and suppression."""
