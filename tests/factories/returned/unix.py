"""What Exim, qmail, Sendmail and Courier return."""

from __future__ import annotations

from tests.factories.returned.building import Sample, dsn, failed, message, multipart, original, part, text

EXIM = {
    "From": "Mail Delivery System <Mailer-Daemon@mx.example.net>",
    "Subject": "Mail delivery failed: returning message to sender",
    "Auto_Submitted": "auto-replied",
}


def exim(to: str, reason: str, **headers: str) -> bytes:
    body = f"""This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {to}
    {reason}

------ This is a copy of the message, including all the headers. ------

"""
    return message(body + original(to), **{**EXIM, "X_Failed_Recipients": to, **headers})


def qmail(to: str, reason: str) -> bytes:
    body = f"""Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{to}>:
{reason}

--- Below this line is a copy of the message.

"""
    return message(body + original(to), From="MAILER-DAEMON@mx.example.net", Subject="failure notice")


SENDMAIL = """
The original message was received at Mon, 2 Nov 2026 09:00:00 GMT
from relay.institute.example [192.0.2.1]

   ----- The following addresses had permanent fatal errors -----
<liv@reader.example>
    (reason: 550 5.1.1 <liv@reader.example>... User unknown)

   ----- Transcript of session follows -----
... while talking to mx.reader.example.:
>>> DATA
<<< 550 5.1.1 <liv@reader.example>... User unknown
550 5.1.1 <liv@reader.example>... User unknown
<<< 503 5.0.0 Need RCPT (recipient)
"""
SENDMAIL_WARNING = """
    **********************************************
    **      THIS IS A WARNING MESSAGE ONLY      **
    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **
    **********************************************

The original message was received at Mon, 2 Nov 2026 09:00:00 GMT
from relay.institute.example [192.0.2.1]

   ----- Transcript of session follows -----
<mel@reader.example>... Deferred: Connection timed out with mx.reader.example.
Warning: message still undelivered after 4 hours
Will keep trying until message is 5 days old
"""
EXIM_WARNING = """
This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mx.example.net.

The message identifier is:     1abCdE-0001xY-2Z
The subject of the message is: News for May

The address to which the message has not yet been delivered is:

  ray@reader.example
    Delay reason: Connection timed out

No action is required on your part. Delivery attempts will continue for
some time.
"""
SAMPLES = (
    Sample(
        "exim: user unknown",
        exim(
            "abi@reader.example",
            "host mx.reader.example [192.0.2.7]\n    SMTP error from remote mail server after RCPT TO:<abi@reader.example>:\n    550 5.1.1 User unknown",
        ),
        {"abi@reader.example": "hard"},
    ),
    Sample(
        "exim: a bare 550",
        exim(
            "bab@reader.example",
            "SMTP error from remote mail server after RCPT TO:<bab@reader.example>:\n    host mx.reader.example [192.0.2.7]: 550 No Such User Here",
        ),
        {"bab@reader.example": "hard"},
    ),
    Sample("exim: unrouteable", exim("cal@nowhere.example", "Unrouteable address"), {"cal@nowhere.example": "hard"}),
    Sample(
        "exim: retry timeout",
        exim("dot@reader.example", "host mx.reader.example [192.0.2.7]:\n    retry timeout exceeded"),
        {"dot@reader.example": "soft"},
    ),
    Sample(
        "exim: quota of a local mailbox",
        exim("eld@reader.example", "mailbox is full: retry timeout exceeded"),
        {"eld@reader.example": "soft"},
    ),
    Sample(
        "exim: no failed-recipients header",
        exim(
            "fyn@reader.example",
            "550 5.7.1 rejected because 192.0.2.1 is in a black list at bl.example",
            X_Failed_Recipients="",
        ),
        {"fyn@reader.example": "block"},
    ),
    Sample(
        "exim: all lookups failed",
        exim("gwen@nowhere.example", "all relevant MX records point to non-existent hosts"),
        {"gwen@nowhere.example": "hard"},
    ),
    Sample(
        "exim: delayed",
        message(text(EXIM_WARNING), **{**EXIM, "Subject": "Warning: message 1abCdE-0001xY-2Z delayed 24 hours"}),
        {},
        "delayed",
    ),
    Sample(
        "exim: two recipients",
        message(
            text("""
            This message was created automatically by mail delivery software.

            A message that you sent could not be delivered to one or more of its
            recipients. This is a permanent error. The following address(es) failed:

              hew@reader.example
                550 5.1.1 No such user
              ivy@reader.example
                452 4.2.2 Mailbox over quota: retry timeout exceeded
            """),
            **{**EXIM, "X_Failed_Recipients": "hew@reader.example, ivy@reader.example"},
        ),
        {"hew@reader.example": "hard", "ivy@reader.example": "soft"},
    ),
    Sample(
        "exim: with a machine-readable part",
        dsn(
            "A message that you sent could not be delivered.",
            failed("jed@reader.example", "5.0.0", "550 Requested action not taken: mailbox unavailable"),
            to="jed@reader.example",
            X_Failed_Recipients="jed@reader.example",
        ),
        {"jed@reader.example": "hard"},
    ),
    Sample(
        "qmail: no mailbox here",
        qmail("kay@reader.example", "Sorry, no mailbox here by that name. (#5.1.1)"),
        {"kay@reader.example": "hard"},
    ),
    Sample(
        "qmail: the other side's words",
        qmail(
            "lyn@reader.example",
            "192.0.2.7 does not like recipient.\nRemote host said: 550 5.1.1 User unknown\nGiving up on 192.0.2.7.",
        ),
        {"lyn@reader.example": "hard"},
    ),
    Sample(
        "qmail: the body was refused",
        qmail(
            "mo@reader.example",
            "192.0.2.7 failed after I sent the message.\nRemote host said: 554 5.7.1 Message scored too high on spam scale",
        ),
        {"mo@reader.example": "block"},
    ),
    Sample(
        "qmail: in the queue too long",
        qmail(
            "nat@reader.example",
            "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\nI'm not going to try again; this message has been in the queue too long.",
        ),
        {"nat@reader.example": "soft"},
    ),
    Sample(
        "qmail: no host",
        qmail("oz@nowhere.example", "Sorry, I couldn't find any host named nowhere.example. (#5.1.2)"),
        {"oz@nowhere.example": "hard"},
    ),
    Sample(
        "qmail: over quota",
        qmail("peg@reader.example", "The users mailfolder is over the allowed quota (size). (#5.2.2)"),
        {"peg@reader.example": "soft"},
    ),
    Sample(
        "qmail: vpopmail's words",
        qmail(
            "quin@reader.example",
            "user does not exist, but will deliver to /home/vpopmail/domains/reader.example/\ncan not open new email file errno=2",
        ),
        {"quin@reader.example": "hard"},
    ),
    Sample(
        "sendmail: with fields",
        multipart(
            part("text/plain", text(SENDMAIL)),
            part(
                "message/delivery-status",
                "Reporting-MTA: dns; mx.example.net\nReceived-From-MTA: DNS; relay.institute.example\n\nFinal-Recipient: RFC822; liv@reader.example\nAction: failed\nStatus: 5.1.1\nRemote-MTA: DNS; mx.reader.example\nDiagnostic-Code: SMTP; 550 5.1.1 <liv@reader.example>... User unknown\n",
            ),
            part("message/rfc822", original("liv@reader.example")),
            Subject="Returned mail: see transcript for details",
        ),
        {"liv@reader.example": "hard"},
    ),
    Sample(
        "sendmail: text alone",
        message(
            text(SENDMAIL) + "\n   ----- Original message follows -----\n" + original("liv@reader.example"),
            Subject="Returned mail: User unknown",
        ),
        {"liv@reader.example": "hard"},
    ),
    Sample(
        "sendmail: a warning",
        message(text(SENDMAIL_WARNING), Subject="Warning: could not send message for past 4 hours"),
        {},
        "delayed",
    ),
    Sample(
        "sendmail: gave up after five days",
        message(
            text("""
            The original message was received at Mon, 2 Nov 2026 09:00:00 GMT

               ----- The following addresses had permanent fatal errors -----
            <ned@reader.example>

               ----- Transcript of session follows -----
            <ned@reader.example>... Deferred: Connection refused by mx.reader.example.
            Message could not be delivered for 5 days
            Message will be deleted from queue
            """),
            Subject="Returned mail: Cannot send message within 5 days",
        ),
        {"ned@reader.example": "soft"},
    ),
    Sample(
        "courier: text",
        message(
            text("""
            This is a delivery status notification from mx.example.net,
            running the Courier mail server, version 1.0.

            The original message was received on Mon, 02 Nov 2026 09:00:00 +0000

            ---------------------------------------------------------------------------

                                       UNDELIVERABLE MAIL

            Your message to the following recipients cannot be delivered:

            <oli@reader.example>:
                mx.reader.example [192.0.2.7]:
            >>> RCPT TO:<oli@reader.example>
            <<< 550 User unknown.
            """),
            Subject="NOTICE: mail delivery status.",
            From='"Courier mail server at mx.example.net" <@>',
        ),
        {"oli@reader.example": "hard"},
    ),
)
