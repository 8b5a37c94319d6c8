"""What can go wrong in the vault.

* Sealed     no usable KEK: nothing can be opened or sealed; an operator must act
* Tampered   this one blob is not what was sealed for this row; it is never sent

Neither ever holds anything that was sealed.
"""


class Sealed(Exception):
    """The vault cannot be opened. `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Tampered(Exception):
    """A blob was moved, mixed or altered."""

    sentence = (
        "The stored secret does not belong to this key any more. It was not used. "
        "Replace it, and find out who changed the database."
    )

    def __init__(self) -> None:
        super().__init__(self.sentence)
