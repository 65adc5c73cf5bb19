"""The JSON of results, declared once: which keys there are, of which type, and where each is read from. FACES §0.

What a verb says in words, tables or figures is not here, but with its result and in `report`.
"""
