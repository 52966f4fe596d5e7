"""What Postfix returns."""

from __future__ import annotations

from tests.factories.returned.building import Sample, dsn, failed, message, multipart, original, part, status, text

INTRODUCTION = """
This is the mail system at host mx.example.net.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

For further assistance, please send mail to postmaster.

                   The mail system

"""


def postfix(to: str, code: str, diagnostic: str, **more: str) -> bytes:
    words = (
        INTRODUCTION + f"<{to}>: host mx.reader.example[192.0.2.7] said: {diagnostic} (in reply to RCPT TO command)\n"
    )
    return dsn(words, failed(to, code, diagnostic, **more), to=to, full=True)


DELAY = """
This is the mail system at host mx.example.net.

####################################################################
# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #
####################################################################

Your message could not be delivered for more than 4 hour(s).
It will be retried until it is 5 day(s) old.

<ida@reader.example>: connect to mx.reader.example[192.0.2.7]:25: Connection timed out
"""

SAMPLES = (
    Sample(
        "postfix: user unknown at the other side",
        postfix(
            "ann.lee@reader.example",
            "5.1.1",
            "550 5.1.1 <ann.lee@reader.example>: Recipient address rejected: User unknown",
        ),
        {"ann.lee@reader.example": "hard"},
    ),
    Sample(
        "postfix: unknown in the virtual table, no enhanced code in the words",
        postfix("bo@reader.example", "5.1.1", "550 <bo@reader.example>: User unknown in virtual mailbox table"),
        {"bo@reader.example": "hard"},
    ),
    Sample(
        "postfix: over quota, given up after days",
        postfix("cai@reader.example", "4.2.2", "452 4.2.2 <cai@reader.example>: user is over quota"),
        {"cai@reader.example": "soft"},
    ),
    Sample(
        "postfix: over quota for good",
        postfix("cy@reader.example", "5.2.2", "552 5.2.2 <cy@reader.example>: Mailbox size limit exceeded"),
        {"cy@reader.example": "soft"},
    ),
    Sample(
        "postfix: refused as spam",
        postfix("dee@reader.example", "5.7.1", "554 5.7.1 Message rejected due to content: it looks like spam"),
        {"dee@reader.example": "block"},
    ),
    Sample(
        "postfix: a block list",
        postfix(
            "eli@reader.example",
            "5.7.1",
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.dnsbl.example",
        ),
        {"eli@reader.example": "block"},
    ),
    Sample(
        "postfix: no such host",
        dsn(
            INTRODUCTION + "<fay@nowhere.example>: Host or domain name not found. Name service error for\n"
            "    name=nowhere.example type=AAAA: Host not found\n",
            """
            Final-Recipient: rfc822; fay@nowhere.example
            Original-Recipient: rfc822;fay@nowhere.example
            Action: failed
            Status: 5.4.4
            Diagnostic-Code: X-Postfix; Host or domain name not found. Name service error
                for name=nowhere.example type=AAAA: Host not found
            """,
            to="fay@nowhere.example",
        ),
        {"fay@nowhere.example": "hard"},
    ),
    Sample(
        "postfix: connection timed out until it was too old",
        dsn(
            INTRODUCTION + "<gus@reader.example>: connect to mx.reader.example[192.0.2.7]:25: Connection timed out\n",
            """
            Final-Recipient: rfc822; gus@reader.example
            Action: failed
            Status: 4.4.1
            Diagnostic-Code: X-Postfix; connect to mx.reader.example[192.0.2.7]:25:
                Connection timed out
            """,
            to="gus@reader.example",
        ),
        {"gus@reader.example": "soft"},
    ),
    Sample(
        "postfix: too large",
        postfix("hal@reader.example", "5.3.4", "552 5.3.4 Message size exceeds fixed limit"),
        {"hal@reader.example": "soft"},
    ),
    Sample(
        "postfix: delayed",
        dsn(
            DELAY,
            """
            Final-Recipient: rfc822; ida@reader.example
            Action: delayed
            Status: 4.4.1
            Diagnostic-Code: X-Postfix; connect to mx.reader.example[192.0.2.7]:25: Connection timed out
            Will-Retry-Until: Sat, 7 Nov 2026 09:00:00 +0000 (UTC)
            """,
            to="ida@reader.example",
            Subject="Delayed Mail (still being retried)",
        ),
        {},
        "delayed",
    ),
    Sample(
        "postfix: two recipients of one message",
        dsn(
            INTRODUCTION
            + "<jo@reader.example>: host mx.reader.example[192.0.2.7] said: 550 5.1.1 No such user\n\n"
            + "<kit@reader.example>: host mx.reader.example[192.0.2.7] said: 452 4.2.2 Mailbox full\n",
            failed("jo@reader.example", "5.1.1", "550 5.1.1 No such user"),
            failed("kit@reader.example", "4.2.2", "452 4.2.2 Mailbox full"),
            to="list@reader.example",
        ),
        {"jo@reader.example": "hard", "kit@reader.example": "soft"},
    ),
    Sample(
        "postfix: one of two delivered",
        dsn(
            INTRODUCTION,
            failed("lou@reader.example", "5.1.1", "550 5.1.1 unknown user"),
            failed("mia@reader.example", "2.0.0", "250 2.0.0 Ok", Action="relayed"),
            to="lou@reader.example",
        ),
        {"lou@reader.example": "hard"},
    ),
    Sample(
        "postfix: an alias, the original recipient is who we wrote to",
        dsn(
            INTRODUCTION,
            failed(
                "n.ortiz@inside.example",
                "5.1.1",
                "550 5.1.1 unknown user",
                Original_Recipient="rfc822;nina@reader.example",
            ),
            to="nina@reader.example",
        ),
        {"nina@reader.example": "hard"},
    ),
    Sample(
        "postfix: no status field and no type before the address",
        multipart(
            part("text/plain", INTRODUCTION + '<ole@reader.example>: unknown user: "ole"\n'),
            status(
                'Final-Recipient: ole@reader.example\nAction: failed\nDiagnostic-Code: X-Postfix; unknown user: "ole"\n'
            ),
            part("text/rfc822-headers", original("ole@reader.example", headers=True)),
        ),
        {"ole@reader.example": "hard"},
    ),
    Sample(
        "postfix: everything base64",
        multipart(
            part("text/plain; charset=utf-8", text("Your message could not be delivered."), encoding="base64"),
            part(
                "message/delivery-status",
                "Reporting-MTA: dns; mx.example.net\n\n"
                + failed("pia@reader.example", "5.1.1", "550 5.1.1 User unknown"),
                encoding="base64",
            ),
            part("text/rfc822-headers", original("pia@reader.example", headers=True), encoding="base64"),
        ),
        {"pia@reader.example": "hard"},
    ),
    Sample(
        "postfix: a report that a gateway made one text of",
        message(
            INTRODUCTION
            + "<quinn@reader.example>: host mx.reader.example said: 550 5.1.1 no such user\n\n"
            + "Reporting-MTA: dns; mx.example.net\n\n"
            + failed("quinn@reader.example", "5.1.1", "550 5.1.1 no such user")
            + "\n"
            + original("quinn@reader.example")
        ),
        {"quinn@reader.example": "hard"},
    ),
    Sample(
        "postfix: forwarded as an attachment by the postmaster",
        multipart(
            part("text/plain", "FYI, this came to postmaster.\n"),
            part("message/rfc822", postfix("rae@reader.example", "5.1.1", "550 5.1.1 User unknown").decode()),
            kind="multipart/mixed",
            From="Hostmaster <hostmaster@institute.example>",
            Subject="Fwd: Undelivered Mail Returned to Sender",
        ),
        {"rae@reader.example": "hard"},
    ),
    Sample(
        "postfix: an international address (RFC 6533)",
        multipart(
            part("text/plain; charset=utf-8", "<søren@læser.example>: unknown user\n"),
            part(
                "message/global-delivery-status",
                "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: utf-8; søren@læser.example\nAction: failed\n"
                "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 unknown user\n",
            ),
            part("message/global-headers", original("søren@læser.example", headers=True)),
        ),
        {"søren@læser.example": "hard"},
    ),
)
