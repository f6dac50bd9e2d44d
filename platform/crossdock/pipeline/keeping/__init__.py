"""What goes on by itself: imports by their schedules, and payloads that webhooks delivered."""
