"""What people are told: found, gathered into few messages, and delivered."""
