"""The SQL of deliveries, for `sending` alone. All times are the database's."""

# One delivery of a channel is in flight at a time, the oldest first, so that an end is
# not told before its opening and a dead receiver costs one thread.
CLAIM = """
    UPDATE alerts_delivery AS d
    SET lease = %(lease)s,
        lease_until = statement_timestamp() + %(lease_time)s,
        tries = d.tries + 1
    WHERE d.id = (
        SELECT w.id FROM alerts_delivery AS w
        WHERE w.state = 'waiting'
        AND w.due_at <= statement_timestamp()
        AND (w.lease_until IS NULL OR w.lease_until <= statement_timestamp())
        AND NOT EXISTS (
            SELECT FROM alerts_delivery AS busy
            WHERE busy.channel_id = w.channel_id
            AND busy.state = 'waiting'
            AND busy.lease_until > statement_timestamp()
        )
        AND NOT EXISTS (
            SELECT FROM alerts_delivery AS first
            WHERE first.channel_id = w.channel_id
            AND first.incident_id = w.incident_id
            AND first.state = 'waiting'
            AND first.created_at < w.created_at
        )
        ORDER BY w.created_at, w.id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    RETURNING d.id
"""
SENT = """
    UPDATE alerts_delivery
    SET state = 'sent', sent_at = statement_timestamp(), problem = '',
        lease = NULL, lease_until = NULL
    WHERE id = %(id)s AND lease = %(lease)s AND state = 'waiting'
"""
FAILED = """
    UPDATE alerts_delivery
    SET state = CASE WHEN %(wait)s::interval IS NULL THEN 'failed' ELSE state END,
        due_at = statement_timestamp() + coalesce(%(wait)s::interval, '0'),
        problem = %(problem)s, lease = NULL, lease_until = NULL
    WHERE id = %(id)s AND lease = %(lease)s AND state = 'waiting'
"""
HOLD_BACK = """
    UPDATE alerts_delivery
    SET due_at = statement_timestamp() + %(wait)s
    WHERE channel_id = %(channel)s AND state = 'waiting' AND lease IS NULL
    AND due_at < statement_timestamp() + %(wait)s
"""
