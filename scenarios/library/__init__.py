"""The scenarios that ship, and the data they need."""
