"""The same conversation in both dialects: pure conversion, and the page that shows it.

    POST /v1/chat/completions   <- chat.py ->   POST /v1/messages

What one dialect has no word for is left out, and a `Note` says so.
"""
