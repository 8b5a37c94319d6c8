"""The sentinel: each night it reads the tokenizers, with one key that an admin chose.

switching   an admin switches it on or off, or asks for a look now
turns       the one row: when it is due, and in whose hands it is
running     a worker's turn: tokenize the corpus, record what came of it
standing    what the page says of all that
"""
