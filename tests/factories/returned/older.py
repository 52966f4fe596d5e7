"""What Domino, GroupWise, MDaemon, Zimbra and other systems return."""

from __future__ import annotations

from tests.factories.returned.building import Sample, dsn, failed, message, multipart, original, part, status, text

SAMPLES = (
    Sample(
        "domino: not in the directory",
        multipart(
            part(
                "text/plain",
                "Your message\n\n  Subject: News for May\n\nwas not delivered to:\n\n  asa@reader.example\n\nbecause:\n\n  User asa (asa@reader.example) not listed in Domino Directory\n",
            ),
            status(
                "Final-Recipient: rfc822;asa@reader.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: X-Notes; User asa (asa@reader.example) not listed in Domino Directory\n"
            ),
            part("message/rfc822", original("asa@reader.example")),
            Subject="DELIVERY FAILURE: User asa (asa@reader.example) not listed in Domino Directory",
        ),
        {"asa@reader.example": "hard"},
    ),
    Sample(
        "domino: text alone",
        message(
            "Your message\n\n  Subject: News for May\n\nwas not delivered to:\n\n  bly@reader.example\n\nbecause:\n\n  Error transferring to MX.READER.EXAMPLE; Maximum hop count exceeded. Message probably in a routing loop.\n",
            Subject="DELIVERY FAILURE: Error transferring",
            From="Postmaster@reader.example",
        ),
        {"bly@reader.example": "soft"},
    ),
    Sample(
        "groupwise: no such user",
        message(
            "The message that you sent was undeliverable to the following:\n\tcyd@reader.example (user not found)\n",
            Subject="Message status - undeliverable",
            From="Mailer-Daemon@reader.example",
        ),
        {"cyd@reader.example": "hard"},
    ),
    Sample(
        "mdaemon: permanent",
        message(
            text("""
            ----------------------------------------------------------------------
            MDaemon Detected Delivery Errors
            ----------------------------------------------------------------------

            The following recipient(s) could not be reached:

              dag@reader.example   550 5.1.1 Recipient unknown

            : Message contains [1] file attachments
            """),
            From="MDaemon@reader.example",
            Subject="Permanent Delivery Failure",
        ),
        {"dag@reader.example": "hard"},
    ),
    Sample(
        "zimbra: mailbox full",
        dsn(
            "This is the mail system.",
            failed(
                "edi@reader.example",
                "5.2.2",
                "",
                Diagnostic_Code="X-Postfix; host zimbra.reader.example[192.0.2.9] said: 552 5.2.2 Over quota (in reply to RCPT TO command)",
            ),
            to="edi@reader.example",
        ),
        {"edi@reader.example": "soft"},
    ),
    Sample(
        "imail: user not known",
        message(
            "Invalid final delivery userid: flo@reader.example\n\nOriginal message follows.\n\n"
            + original("flo@reader.example"),
            From="Postmaster <postmaster@mx.example.net>",
            Subject="Undeliverable Mail",
        ),
        {"flo@reader.example": "hard"},
    ),
    Sample(
        "barracuda: blocked",
        dsn(
            "This is the mail system.",
            failed(
                "gry@reader.example",
                "5.7.1",
                "554 Service unavailable; Client host [192.0.2.1] blocked by bl.barracuda.example",
            ),
            to="gry@reader.example",
        ),
        {"gry@reader.example": "block"},
    ),
    Sample(
        "greylisting that was never passed",
        dsn(
            "This is the mail system.",
            failed("huw@reader.example", "4.7.1", "451 4.7.1 Greylisting in action, please come back later"),
            to="huw@reader.example",
        ),
        {"huw@reader.example": "soft"},
    ),
    Sample(
        "5.7.1 over an address that does not exist",
        dsn(
            "This is the mail system.",
            failed("ina@reader.example", "5.7.1", "550 5.7.1 <ina@reader.example>... No such user here"),
            to="ina@reader.example",
        ),
        {"ina@reader.example": "hard"},
    ),
    Sample(
        "5.0.0 over a full mailbox",
        dsn(
            "This is the mail system.",
            failed("jap@reader.example", "5.0.0", "552 sorry, that recipient mailbox is full"),
            to="jap@reader.example",
        ),
        {"jap@reader.example": "soft"},
    ),
    Sample(
        "5.2.0 and a null MX",
        dsn(
            "This is the mail system.",
            failed("ken@reader.example", "5.1.10", "556 5.1.10 reader.example: null MX, domain does not accept mail"),
            to="ken@reader.example",
        ),
        {"ken@reader.example": "hard"},
    ),
    Sample(
        "relaying denied",
        dsn(
            "This is the mail system.",
            failed("lis@reader.example", "5.7.1", "554 5.7.1 <lis@reader.example>: Relay access denied"),
            to="lis@reader.example",
        ),
        {"lis@reader.example": "block"},
    ),
    Sample(
        "the fields in one block and in another order",
        multipart(
            part("text/plain", "Failure.\n"),
            part(
                "message/delivery-status",
                "Action: failed\nFinal-Recipient: RFC822;<mia@reader.example>\nStatus: 5.1.1 (bad destination mailbox address)\nReporting-MTA: dns;mx.example.net\nDiagnostic-Code: smtp;550 5.1.1 unknown\n",
            ),
            part("message/rfc822", original("mia@reader.example")),
        ),
        {"mia@reader.example": "hard"},
    ),
    Sample(
        "fields without an address; the original says who",
        multipart(
            part("text/plain", "The mailbox does not exist.\n"),
            status(
                "Final-Recipient: rfc822; nil\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n"
            ),
            part("message/rfc822", original("nil@reader.example")),
        ),
        {"nil@reader.example": "hard"},
    ),
    Sample(
        "an address in xtext",
        multipart(
            part("text/plain", "The mailbox does not exist.\n"),
            status(
                "Final-Recipient: rfc822; ona+40reader.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n"
            ),
            part("text/plain", "(the original is left out)\n"),
        ),
        {"ona@reader.example": "hard"},
    ),
    Sample(
        "html alone in quoted-printable",
        message(
            '<html><body><p>Delivery has failed to these recipients:</p><p><a href="mailto:per@reader.example">per@reader.example</a></p>'
            "<p>The recipient's mailbox is full.</p><p>#554 5.2.2 mailbox full ##</p></body></html>",
            encoding="quoted-printable",
            Content_Type="text/html; charset=utf-8",
            From="postmaster@reader.example",
            Subject="Undeliverable: News for May",
        ),
        {"per@reader.example": "soft"},
    ),
    Sample(
        "a character set nobody knows",
        message(
            "Delivery failed: qui@reader.example\n550 5.1.1 unknown user\n",
            Content_Type="text/plain; charset=x-unheard-of",
            Subject="Delivery failure",
        ),
        {"qui@reader.example": "hard"},
    ),
)
