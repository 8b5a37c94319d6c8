"""How long we wait for xAI and how much we read."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB

KEY_INFO_CAP = 64 * KIB
MODELS_CAP = 2 * MIB
TOKENIZE_CAP = 64 * MIB  # some 70 bytes per token: enough for 1 MiB of text
CHAT_CAP = 8 * MIB
STREAM_CAP = 32 * MIB
LINE_CAP = 1 * MIB
BRIEF = 256 * KIB  # what is read at once; a thread reads more, as the loop has others
FRAME = 0.04  # seconds from one reading of streams to the next
BULK = 4 * KIB  # whoever sends as much at once is read on without a pause
ERROR_CAP = 64 * KIB  # of an error's body; the rest is not read


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds; `read` and `idle` are between two arrivals, the last two are sums."""

    connect: float = 5.0
    write: float = 10.0
    pool: float = 5.0
    read: float = 15.0
    idle: float = 60.0  # between two events of a stream
    whole: float = 30.0  # one request whose answer is ready at once
    generation: float = 600.0  # one request whose answer is generated first

    def of(self, *, read: float | None) -> dict[str, float | None]:
        """Return the same in httpx's form; `read` None: the reader watches itself."""
        return {
            "connect": self.connect,
            "read": read,
            "write": self.write,
            "pool": self.pool,
        }

    def silence(self, *, patient: bool) -> float:
        """Return how long nothing may come of an answer that is not streamed."""
        return self.generation if patient else self.read
