"""xAI in miniature: the upstream of try-out mode and of the tests.

A Starlette application that answers the ten endpoints in xAI's shapes, with keys,
ACLs, prices, streams, faults and a control API under `/sandbox/`. It stands apart: it
imports nothing else of this project and no Django, so that a mistake in our reading of
xAI's API cannot cancel itself out.

    python -m console.sandbox --port 8900
"""
