"""Contracts: what a feed's messages may hold, and how bytes become typed rows or a reason."""
