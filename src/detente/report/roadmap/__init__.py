"""A plan as people read it: its steps, their chart, and the courses of progress and interests under it."""
