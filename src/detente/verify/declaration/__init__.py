"""Declarations: whether what was declared closes, and agrees with what others estimate. VERIFICATION.

`statement` is what was declared, `files` reads it, `closure` and `comparison` try it, `judgement` says what follows;
`kinds` names materials.
"""
