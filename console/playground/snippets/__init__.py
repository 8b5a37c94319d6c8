"""One request as code: `render(body, endpoint, host)` of each language, all pure.

    curl  by_curl          shell, the body in a quoted here-document
    openai  by_openai      Python, the library of the chat dialect
    anthropic  by_anthropic  Python, the library of the messages dialect
    httpx  by_httpx        Python, either dialect
    JavaScript  by_javascript  fetch, either dialect

A large body, such as one with images, would bury the code: with `file` the code reads
it from a file of that name instead, which lies beside it.

A body is JSON as the relay sends it. Nothing in here knows the parameters of xAI:
what the body holds is written out. The key is never in it: the code reads it from
the environment variable `XAI_API_KEY` when it runs.
"""
