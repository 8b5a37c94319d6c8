"""Asking a worker to look at once, without waiting for a broker that is not there."""

from __future__ import annotations

from typing import Any

from celery import Task, current_app
from kombu import Producer
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

TRY_ONCE = {"max_retries": 0, "socket_connect_timeout": 1, "socket_timeout": 1}


def ring(task: Task[Any, Any], broker_url: str | None = None) -> bool:
    """Send a task without arguments; return whether the broker took the message.

    Without a broker nothing is lost: what is due stays due. So it is tried once,
    over a connection of its own, since the workers' must wait longer.
    """
    with current_app.connection_for_write(
        broker_url, transport_options=TRY_ONCE
    ) as broker:
        try:
            task.apply_async(retry=False, producer=Producer(broker))
        except (OperationalError, OSError, RedisError):
            return False
    return True
