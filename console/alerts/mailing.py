"""E-mail, through the mail server of GATEHOUSE_SMTP_URL."""

from __future__ import annotations

import re
import smtplib
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from console.alerts.messages import Mail
from console.alerts.refusals import Undelivered

NO_SERVER = (
    "No mail server is set. The operator sets GATEHOUSE_SMTP_URL and restarts "
    "Gatehouse."
)
ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,253}\Z)"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*",
    re.ASCII,
)


def is_address(text: str) -> bool:
    """Tell whether a text is one e-mail address and nothing more."""
    return ADDRESS.fullmatch(text) is not None


def send(mail: Mail, *, to: str, delivery_id: UUID) -> None:
    """Hand one message to the mail server. Raises Undelivered.

    What the server says is not repeated, since it may hold our password.
    """
    server = settings.SMTP
    if server is None:
        raise Undelivered(NO_SERVER, silent=True)
    backend = EmailBackend(
        host=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        use_tls=server.starttls,
        use_ssl=server.tls,
        timeout=server.timeout,
        fail_silently=False,
    )
    message = EmailMessage(
        mail.subject,
        mail.text,
        from_email=settings.MAIL_FROM,
        to=[to],
        headers={
            "Message-ID": f"<{delivery_id}@{settings.SITE_HOST}>",
            "X-Gatehouse-Delivery": str(delivery_id),
            "Auto-Submitted": "auto-generated",
        },
        connection=backend,
    )
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused:
        raise Undelivered("The mail server does not take this address.") from None
    except smtplib.SMTPAuthenticationError:
        raise Undelivered(
            "The mail server does not accept our name or password.", silent=True
        ) from None
    except smtplib.SMTPSenderRefused:
        raise Undelivered(
            "The mail server does not accept the sender in GATEHOUSE_MAIL_FROM.",
            silent=True,
        ) from None
    except smtplib.SMTPResponseException as refusal:
        code = refusal.smtp_code
        raise Undelivered(
            f"The mail server answered {code}.", silent=code < 500
        ) from None
    except (smtplib.SMTPException, OSError):
        raise Undelivered(
            "The mail server cannot be reached, or its certificate does not fit.",
            silent=True,
        ) from None
