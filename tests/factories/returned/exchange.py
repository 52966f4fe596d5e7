"""What Exchange, Exchange Online and Outlook.com return."""

from __future__ import annotations

from tests.factories.returned.building import Sample, dsn, failed, message, multipart, original, part, status, text

ONLINE = "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e@reader.example"


def online(to: str, code: str, diagnostic: str, words: str, *, subject: str = "Undeliverable: News for May") -> bytes:
    """Exchange Online: HTML first, the diagnostic folded over many lines."""
    html = f"""
    <html><head><style>body {{font-family: Calibri}}</style></head><body>
    <p><b>Your message to <a href="mailto:{to}">{to}</a> couldn't be delivered.</b></p>
    <table><tr><td>{words}</td></tr></table>
    <p>Diagnostic information for administrators:</p>
    <p>Generating server: AM0PR01MB0001.eurprd01.prod.outlook.example</p>
    <p>{to}<br>Remote Server returned '{diagnostic}'</p>
    </body></html>
    """
    return multipart(
        part("text/html; charset=utf-8", text(html), encoding="quoted-printable"),
        status(
            f"""
            Final-Recipient: rfc822;{to}
            Action: failed
            Status: {code}
            Diagnostic-Code: smtp;{diagnostic}
            """,
            mta="AM0PR01MB0001.eurprd01.prod.outlook.example",
        ),
        part("message/rfc822", original(to)),
        From=f"<{ONLINE}>",
        Subject=subject,
        Auto_Submitted="auto-replied",
    )


EXCHANGE_2010 = """
Delivery has failed to these recipients or groups:

tess@reader.example
The e-mail address you entered couldn't be found. Please check the recipient's e-mail address and try to resend the message.

Diagnostic information for administrators:

Generating server: exch01.reader.example

tess@reader.example
#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##

Original message headers:

Received: from relay.institute.example (192.0.2.1) by exch01.reader.example
From: The Alder Institute <news@institute.example>
To: <tess@reader.example>
Subject: News for May
"""

EXCHANGE_55 = """
Your message

  To:      uma@reader.example
  Subject: News for May
  Sent:    Mon, 2 Nov 2026 09:00:00 +0000

did not reach the following recipient(s):

uma@reader.example on Mon, 2 Nov 2026 09:05:00 +0000
    The recipient name is not recognized
        The MTS-ID of the original message is: c=gb;a= ;p=reader;l=EXCH0111021705
    MSEXCH:IMS:READER:LONDON:EXCH01 0 (000C05A6) Unknown Recipient
"""

SAMPLES = (
    Sample(
        "exchange online: not found",
        online(
            "sam@reader.example",
            "5.1.10",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient sam@reader.example not found by SMTP address lookup",
            "sam wasn't found at reader.example.",
        ),
        {"sam@reader.example": "hard"},
    ),
    Sample(
        "exchange online: access denied by the directory",
        online(
            "ravi@reader.example",
            "5.4.1",
            "550 5.4.1 Recipient address rejected: Access denied. [AM0PR01MB0001.eurprd01.prod.outlook.example]",
            "The recipient's email address couldn't be reached.",
        ),
        {"ravi@reader.example": "hard"},
    ),
    Sample(
        "exchange online: mailbox full",
        online(
            "vic@reader.example",
            "5.2.2",
            "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",
            "vic's mailbox is full and can't accept messages now.",
        ),
        {"vic@reader.example": "soft"},
    ),
    Sample(
        "exchange online: only people inside may write",
        online(
            "wes@reader.example",
            "5.7.133",
            "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed",
            "The group wes only accepts messages from people in its organization.",
        ),
        {"wes@reader.example": "block"},
    ),
    Sample(
        "exchange online: expired",
        online(
            "xan@reader.example",
            "4.4.7",
            "550 4.4.7 QUEUE.Expired; message expired in unreachable destination queue",
            "The server has tried to deliver this message, without success, and has stopped trying.",
        ),
        {"xan@reader.example": "soft"},
    ),
    Sample(
        "exchange online: a domain that does not exist",
        online(
            "yas@nowhere.example",
            "5.4.310",
            "550 5.4.310 DNS domain nowhere.example does not exist [Message=InfoDomainNonexistent]",
            "nowhere.example couldn't be found.",
        ),
        {"yas@nowhere.example": "hard"},
    ),
    Sample(
        "exchange online: a loop",
        online(
            "zoe@reader.example", "5.4.14", "554 5.4.14 Hop count exceeded - possible mail loop ATTR34", "A mail loop."
        ),
        {"zoe@reader.example": "soft"},
    ),
    Sample(
        "exchange online: their outbound spam filter",
        online("abe@reader.example", "5.7.1", "550 5.7.1 Message rejected as spam by Content Filtering.", "Blocked."),
        {"abe@reader.example": "block"},
    ),
    Sample(
        "exchange 2010: text alone",
        message(
            text(EXCHANGE_2010),
            Subject="Undeliverable: News for May",
            From="Microsoft Outlook <postmaster@reader.example>",
        ),
        {"tess@reader.example": "hard"},
    ),
    Sample(
        "exchange 5.5: without any code",
        message(
            text(EXCHANGE_55),
            Subject="Undeliverable: News for May",
            From="System Administrator <postmaster@reader.example>",
        ),
        {"uma@reader.example": "hard"},
    ),
    Sample(
        "exchange 2003: a status without a diagnostic",
        multipart(
            part(
                "text/plain; charset=us-ascii",
                text("""
                This is an automatically generated Delivery Status Notification.

                Delivery to the following recipients failed.

                       bea@reader.example
                """),
            ),
            status(
                "Final-Recipient: rfc822;bea@reader.example\nAction: failed\nStatus: 5.1.1\n", mta="exch.reader.example"
            ),
            part("message/rfc822", original("bea@reader.example")),
            From="postmaster@reader.example",
            Subject="Delivery Status Notification (Failure)",
        ),
        {"bea@reader.example": "hard"},
    ),
    Sample(
        "exchange 2003: unable to relay",
        dsn(
            "Unable to deliver message to the following recipients, due to being unable to connect successfully to the"
            " destination mail server.\n\n       cleo@reader.example\n",
            "Final-Recipient: rfc822;cleo@reader.example\nAction: failed\nStatus: 4.4.7\n",
            to="cleo@reader.example",
            From="postmaster@reader.example",
            Subject="Delivery Status Notification (Failure)",
        ),
        {"cleo@reader.example": "soft"},
    ),
    Sample(
        "outlook.com: mailbox unavailable",
        dsn(
            "This is an automatically generated Delivery Status Notification.",
            failed(
                "dov@outlook.example",
                "5.5.0",
                "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
            ),
            to="dov@outlook.example",
        ),
        {"dov@outlook.example": "hard"},
    ),
    Sample(
        "outlook.com: our network is blocked",
        dsn(
            "This is the mail system.",
            failed(
                "eve@outlook.example",
                "5.7.1",
                "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service"
                " provider since part of their network is on our block list (S3150).",
            ),
            to="eve@outlook.example",
        ),
        {"eve@outlook.example": "block"},
    ),
    Sample(
        "exchange: subject alone in German, fields in English",
        online(
            "finn@leser.example",
            "5.1.1",
            "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found",
            "Die eingegebene E-Mail-Adresse konnte nicht gefunden werden.",
            subject="=?utf-8?q?Unzustellbar=3A_News_for_May?=",
        ),
        {"finn@leser.example": "hard"},
    ),
    Sample(
        "exchange: a delay",
        dsn(
            "Delivery to these recipients or groups has been delayed:\n\ngia@reader.example\n",
            failed("gia@reader.example", "4.4.7", "400 4.4.7 Message delayed", Action="delayed"),
            to="gia@reader.example",
            Subject="Delivery delayed: News for May",
        ),
        {},
        "delayed",
    ),
)
