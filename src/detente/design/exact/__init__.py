"""Cases that are nothing but choices, solved exactly: the whole frontier, for any number of parties. INTEROP.

Whole numbers throughout; what takes time, or hangs on who would break a deal, is `design.plan`.
"""
