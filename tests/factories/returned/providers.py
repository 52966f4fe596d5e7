"""What Gmail, Amazon SES, Yahoo and other large providers return."""

from __future__ import annotations

from tests.factories.returned.building import (
    SENDER,
    Sample,
    dsn,
    failed,
    message,
    multipart,
    original,
    part,
    status,
    text,
)

GOOGLE = {
    "From": "Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
    "Subject": "Delivery Status Notification (Failure)",
}


def gmail(to: str, words: str, code: str, diagnostic: str) -> bytes:
    """Gmail: alternative texts in base64, an icon, the fields, the message."""
    html = f"<html><body><table><tr><td><h2>Address not found</h2><p>{words}</p></td></tr></table></body></html>"
    plain = f"\n** {words} **\n\nYour message wasn't delivered to {to}.\nThe response was:\n\n{diagnostic}\n"
    return multipart(
        part("text/html; charset=utf-8", html, encoding="base64"),
        part("text/plain; charset=utf-8", plain, encoding="base64"),
        status(
            f"""
            Final-Recipient: rfc822; {to}
            Action: failed
            Status: {code}
            Remote-MTA: dns; mx.reader.example. (192.0.2.7, the server for the domain reader.example.)
            Diagnostic-Code: smtp; {diagnostic}
            Last-Attempt-Date: Mon, 02 Nov 2026 01:05:00 -0800 (PST)
            """,
            mta="googlemail.example",
        ),
        part("message/rfc822", original(to)),
        X_Failed_Recipients=to,
        Auto_Submitted="auto-replied",
        **GOOGLE,
    )


def ses(to: str, words: str, code: str, diagnostic: str) -> bytes:
    """Amazon SES."""
    return multipart(
        part(
            "text/plain; charset=us-ascii",
            text(f"An error occurred while trying to deliver the mail to the following recipients:\n{to}\n{words}"),
        ),
        part(
            "message/delivery-status",
            "Reporting-MTA: dns; a8-50.smtp-out.amazonses.example\n\n"
            f"Action: failed\nFinal-Recipient: rfc822; {to}\nDiagnostic-Code: {diagnostic}\nStatus: {code}\n",
        ),
        part("message/rfc822", original(to)),
        From="MAILER-DAEMON@amazonses.example",
        Subject="Delivery Status Notification (Failure)",
    )


def feedback(
    agent: str, fields: str, to: str, *, headers: bool = False, sender: str = "feedback@provider.example"
) -> bytes:
    """A feedback report (RFC 5965)."""
    returned = original(to, headers=headers)
    return multipart(
        part("text/plain; charset=us-ascii", "This is an email abuse report for an email message.\n"),
        part("message/feedback-report", f"Feedback-Type: abuse\nUser-Agent: {agent}\nVersion: 1\n{text(fields)}"),
        part("text/rfc822-headers" if headers else "message/rfc822", returned),
        kind="multipart/report; report-type=feedback-report",
        From=f"<{sender}>",
        Subject="Email Feedback Report for IP 192.0.2.1",
    )


YAHOO = """
Sorry, we were unable to deliver your message to the following address.

<leo@yahoo.example>:
554: delivery error: dd This user doesn't have a yahoo.example account (leo@yahoo.example) [0] - mta1234.mail.yahoo.example

--- Below this line is a copy of the message.

"""
SAMPLES = (
    Sample(
        "gmail: address not found",
        gmail(
            "ana@gmail.example",
            "Address not found",
            "5.1.1",
            "550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
            " 550-5.1.1 double-checking the recipient's email address for typos or\n"
            " 550 5.1.1 unnecessary spaces. a1-20020a05600c1234 - gsmtp",
        ),
        {"ana@gmail.example": "hard"},
    ),
    Sample(
        "gmail: inbox full",
        gmail(
            "ben@gmail.example",
            "Recipient inbox full",
            "5.2.2",
            "552-5.2.2 The recipient's inbox is out of storage space.\n 552 5.2.2 Please direct the recipient to more storage.",
        ),
        {"ben@gmail.example": "soft"},
    ),
    Sample(
        "gmail: account disabled",
        gmail(
            "cat@gmail.example",
            "Address not found",
            "5.2.1",
            "550 5.2.1 The email account that you tried to reach is inactive.",
        ),
        {"cat@gmail.example": "hard"},
    ),
    Sample(
        "gmail: DMARC",
        gmail(
            "dan@gmail.example",
            "Message blocked",
            "5.7.26",
            "550-5.7.26 Unauthenticated email from institute.example is not accepted due to\n 550 5.7.26 domain's DMARC policy.",
        ),
        {"dan@gmail.example": "block"},
    ),
    Sample(
        "gmail: unsolicited mail",
        gmail(
            "eda@gmail.example",
            "Message blocked",
            "5.7.1",
            "550-5.7.1 [192.0.2.1] Our system has detected that this message is likely unsolicited mail.\n"
            " 550 5.7.1 To reduce the amount of spam sent to Gmail, this message has been blocked.",
        ),
        {"eda@gmail.example": "block"},
    ),
    Sample(
        "gmail: the domain is not found",
        gmail(
            "fox@nowhere.example",
            "Address not found",
            "4.0.0",
            "DNS Error: DNS type 'mx' lookup of nowhere.example responded with code NXDOMAIN Domain name not found: nowhere.example",
        ),
        {"fox@nowhere.example": "hard"},
    ),
    Sample(
        "gmail: no connection for days",
        gmail(
            "gil@reader.example",
            "Message not delivered",
            "4.4.1",
            "The recipient server did not accept our requests to connect. [mx.reader.example 192.0.2.7: timed out]",
        ),
        {"gil@reader.example": "soft"},
    ),
    Sample(
        "gmail: incomplete, will go on trying",
        multipart(
            part(
                "text/plain; charset=utf-8",
                "There was a temporary problem delivering your message to hob@reader.example.\n"
                "Gmail will retry for 46 more hours. You'll be notified if the delivery fails permanently.\n",
                encoding="base64",
            ),
            status("Final-Recipient: rfc822; hob@reader.example\nAction: delayed\nStatus: 4.4.1\n"),
            part("message/rfc822", original("hob@reader.example")),
            From=GOOGLE["From"],
            Subject="Delivery Status Notification (Delay)",
        ),
        {},
        "delayed",
    ),
    Sample(
        "gmail, before 2016: text with failed recipients in a header",
        message(
            text("""
            Delivery to the following recipient failed permanently:

                 ian@reader.example

            Technical details of permanent failure:
            Google tried to deliver your message, but it was rejected by the server for the recipient domain reader.example
            by mx.reader.example. [192.0.2.7].

            The error that the other server returned was:
            550 5.1.1 <ian@reader.example>: Recipient address rejected: User unknown in local recipient table

            ----- Original message -----

            Return-Path: <news@institute.example>
            To: <ian@reader.example>
            Subject: News for May
            """),
            X_Failed_Recipients="ian@reader.example",
            **GOOGLE,
        ),
        {"ian@reader.example": "hard"},
    ),
    Sample(
        "ses: user unknown",
        ses("jan@reader.example", "", "5.1.1", "smtp; 550 5.1.1 <jan@reader.example>: user unknown"),
        {"jan@reader.example": "hard"},
    ),
    Sample(
        "ses: mailbox full",
        ses("kim@reader.example", "", "5.2.2", "smtp; 552 5.2.2 Mailbox full"),
        {"kim@reader.example": "soft"},
    ),
    Sample(
        "ses: their suppression list",
        ses(
            "lea@reader.example",
            "",
            "5.1.1",
            "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address.",
        ),
        {"lea@reader.example": "hard"},
    ),
    Sample(
        "ses: content",
        ses(
            "max@reader.example",
            "",
            "5.6.0",
            "smtp; 554 5.6.0 Message rejected: content not accepted, contains a virus",
        ),
        {"max@reader.example": "block"},
    ),
    Sample(
        "ses: expired",
        ses(
            "ned@reader.example",
            "Expired",
            "4.4.7",
            "smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.0 Unable to lookup DNS for reader.example>",
        ),
        {"ned@reader.example": "soft"},
    ),
    Sample(
        "ses: a complaint",
        feedback(
            "Amazon SES/1.0",
            "Original-Rcpt-To: <oda@reader.example>\nArrival-Date: Mon, 2 Nov 2026 09:00:00 +0000",
            "oda@reader.example",
        ),
        {"oda@reader.example": "complaint"},
        "complaint",
    ),
    Sample(
        "yahoo: no such account",
        message(
            text(YAHOO) + original("leo@yahoo.example"), From="MAILER-DAEMON@yahoo.example", Subject="Failure Notice"
        ),
        {"leo@yahoo.example": "hard"},
    ),
    Sample(
        "yahoo: too many complaints",
        dsn(
            "This is the mail system.",
            failed(
                "moe@yahoo.example",
                "4.7.0",
                "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints",
            ),
            to="moe@yahoo.example",
        ),
        {"moe@yahoo.example": "block"},
    ),
    Sample(
        "yahoo: a complaint without the recipient's address in the fields",
        feedback(
            "Yahoo!-Mail-Feedback/2.0", "Source-IP: 192.0.2.1\nReported-Domain: institute.example", "pat@yahoo.example"
        ),
        {"pat@yahoo.example": "complaint"},
        "complaint",
    ),
    Sample(
        "comcast: a complaint with headers only",
        feedback(
            "ReturnPathFBL/2.0",
            "Original-Mail-From: <news@institute.example>\nOriginal-Rcpt-To: ray@reader.example",
            "ray@reader.example",
            headers=True,
        ),
        {"ray@reader.example": "complaint"},
        "complaint",
    ),
    Sample(
        "outlook.com: junk mail reporting",
        multipart(
            part("text/plain", "complaint about message from 192.0.2.1\n"),
            part(
                "message/rfc822", original("sue@outlook.example", **{"X-HmXmrOriginalRecipient": "sue@outlook.example"})
            ),
            kind="multipart/mixed",
            From="<staff@hotmail.example>",
            Subject="complaint about message from 192.0.2.1",
        ),
        {"sue@outlook.example": "complaint"},
        "complaint",
    ),
    Sample(
        "aol: a complaint from scomp",
        multipart(
            part("text/plain", "This is an email abuse report.\n"),
            part("message/rfc822", original("tom@aol.example")),
            kind="multipart/mixed",
            From="scomp@aol.example",
            Subject="Email Feedback Report",
            X_Loop="scomp",
        ),
        {"tom@aol.example": "complaint"},
        "complaint",
    ),
    Sample(
        "a report that the mail was no spam after all",
        multipart(
            part("text/plain", "Not spam.\n"),
            part("message/feedback-report", "Feedback-Type: not-spam\nUser-Agent: Provider/1\nVersion: 1\n"),
            part("message/rfc822", original("uli@reader.example")),
            kind="multipart/report; report-type=feedback-report",
            From="<feedback@provider.example>",
        ),
        {},
        "automatic answer",
    ),
    Sample(
        "icloud: full",
        dsn(
            "This is the mail system.",
            failed("vera@icloud.example", "5.2.2", "552 5.2.2 <vera@icloud.example>: user quota exceeded"),
            to="vera@icloud.example",
        ),
        {"vera@icloud.example": "soft"},
    ),
    Sample(
        "mimecast: envelope blocked",
        dsn(
            "This is the mail system.",
            failed(
                "walt@reader.example",
                "5.0.0",
                "550 Rejected by header based manually Blocked Senders: news@institute.example",
            ),
            to="walt@reader.example",
        ),
        {"walt@reader.example": "block"},
    ),
    Sample(
        "proofpoint: a vague code, clear words",
        dsn(
            "This is the mail system.",
            failed(
                "xia@reader.example",
                "5.0.0",
                "550 Invalid Recipient - https://community.mimecast.example/docs/DOC-1369#550",
            ),
            to="xia@reader.example",
        ),
        {"xia@reader.example": "hard"},
    ),
    Sample(
        "a text in which our own address comes first",
        message(
            text(f"""
            Your message from {SENDER} with the subject "News for May" could not be delivered to:

            yul@reader.example

            550 5.1.1 Mailbox does not exist
            """),
            From="Mail Administrator <postmaster@reader.example>",
            Subject="Mail System Error - Returned Mail",
        ),
        {"yul@reader.example": "hard"},
    ),
)
