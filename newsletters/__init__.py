"""What subscribers get: mails, audiences, issues, delivery, alerts."""
