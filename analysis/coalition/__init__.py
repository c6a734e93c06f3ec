"""What rings gain by lying together, what they risk, and what it costs the seller. Nothing about single players."""
