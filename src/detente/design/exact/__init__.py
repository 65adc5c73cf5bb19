"""Cases that are nothing but choices, solved exactly: the whole frontier, for any number of parties. INTEROP."""
