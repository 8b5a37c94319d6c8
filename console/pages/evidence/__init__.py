"""The evidence pack: one file that an auditor can verify without us.

    views -> forms -> making -> tables (access, trail) -> packing -> signing
                                                          verify.py goes along

Everything is read in one snapshot of the database, hashed, listed in a manifest,
and the manifest is signed. `verify.py` is our program for the other side: it runs
with Python alone and shares no code with the rest.
"""
