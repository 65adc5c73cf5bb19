"""A plan as people read it: its steps and their chart, the courses of progress and interests under it, its conditions.

What a plan is worth and whether it is kept is judged in `model`; why no better one can be had is told in `questions`.
"""
