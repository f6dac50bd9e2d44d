"""Who may speak to the API, and what was answered."""
