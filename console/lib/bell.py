"""The doorbell: asking a worker to look at once.

What is due stands in tables, so a bell that nobody hears loses nothing.
"""

from __future__ import annotations

from celery import current_app
from kombu import Producer
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

EXPIRES = 30  # seconds; beat rings again before that
TRY_ONCE = {"max_retries": 0, "socket_connect_timeout": 1, "socket_timeout": 1}


def ring(task: str, broker_url: str | None = None) -> bool:
    """Send a task of this name, without arguments; return whether it was taken.

    It is tried once, over a connection of its own, since the workers' must wait
    longer.
    """
    with current_app.connection_for_write(
        broker_url, transport_options=TRY_ONCE
    ) as broker:
        try:
            current_app.send_task(
                task, expires=EXPIRES, retry=False, producer=Producer(broker)
            )
        except (OperationalError, OSError, RedisError):
            return False
    return True
