"""What learners come to do: shares of truth, regret, exploitability, basins, elimination by play, and plots of them.

It reads the record of a course of play and an arena; it plays no round itself.
"""
