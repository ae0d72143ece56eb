"""What the machine allows: the least work that anything doing the same job must do."""
