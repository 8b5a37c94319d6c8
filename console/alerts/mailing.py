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
    except (smtplib.SMTPException, OSError) as trouble:
        raise _undelivered(trouble) from None


def _undelivered(trouble: Exception) -> Undelivered:
    """Return in our words what went wrong, and whether others would fail as well."""
    match trouble:
        case smtplib.SMTPRecipientsRefused():
            return Undelivered("The mail server does not take this address.")
        case smtplib.SMTPAuthenticationError():
            sentence = "The mail server does not accept our name or password."
            return Undelivered(sentence, silent=True)
        case smtplib.SMTPSenderRefused():
            sentence = "The mail server does not accept GATEHOUSE_MAIL_FROM."
            return Undelivered(sentence, silent=True)
        case smtplib.SMTPResponseException(smtp_code=code):
            sentence = f"The mail server answered {code}."
            return Undelivered(sentence, silent=code < 500)
        case _:
            sentence = "The mail server is not reached, or its certificate is not good."
            return Undelivered(sentence, silent=True)
