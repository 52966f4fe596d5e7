"""Shapes that are met now and then: agents of the BSDs, gateways, mobile operators, filters."""

from __future__ import annotations

from tests.factories.returned.building import SENDER, Sample, dsn, failed, message, multipart, original, part, text

SAMPLES = (
    Sample(
        "dragonfly: many lines of an answer, headers in the same text",
        message(
            text("""
            This is the DragonFly Mail Agent v0.13 at mx.example.net.

            There was an error delivering your mail to <ada@reader.example>.

            mx.reader.example [192.0.2.7] did not like our final DATA:
            550-5.7.26 Unauthenticated email from institute.example is not accepted due to domain's

            550 5.7.26 DMARC policy.

            Message headers follow.

            """)
            + original("ada@reader.example", headers=True),
            From="MAILER-DAEMON <>",
            Subject="Mail delivery failed",
        ),
        {"ada@reader.example": "block"},
    ),
    Sample(
        "a mobile operator: a number as the address, an answer to the subject",
        message(
            text("""
            Error: Invalid user address

            Error message below:
            550 - Requested action not taken: no such user here

            Message details:
              Subject: News for May
              MAIL FROM: bounces+7.3.0123456789abcdef@institute.example
              RCPT TO: 447700900123@mobile.example
            """),
            From="post_master@mobile.example",
            Subject="Re:News for May",
        ),
        {"447700900123@mobile.example": "hard"},
    ),
    Sample(
        "a filter: what was said on the wire, the subject in raw octets",
        multipart(
            part(
                "text/plain",
                "...\n\nSent <<< RCPT TO:<bas@reader.example>\nReceived >>> 550 5.1.1 <bas@reader.example>... user unknown\n\n...",
            ),
            part("message/rfc822", original("bas@reader.example")),
            kind="multipart/mixed",
            From='"InterScan MSS" <postmaster@reader.example>',
            Subject="メッセージを配信できません。",
        ),
        {"bas@reader.example": "hard"},
    ),
    Sample(
        "exchange 5.5: two recipients, the original went to one of them",
        multipart(
            part(
                "text/plain",
                text("""
                Your message

                  To:      cho@reader.example
                  Subject: News for May
                  Sent:    Mon, 2 Nov 2026 09:00:00 +0000

                did not reach the following recipient(s):

                cho@reader.example on Mon, 2 Nov 2026 09:05:00 +0000
                    The recipient name is not recognized
                    MSEXCH:IMS:READER:LONDON:EXCH01 0 (000C05A6) Unknown Recipient
                dag@reader.example on Mon, 2 Nov 2026 09:05:00 +0000
                    The recipient's mailbox is full
                    MSEXCH:IMS:READER:LONDON:EXCH01 0 (000C05A6) Quota exceeded
                """),
            ),
            part("message/rfc822", original("cho@reader.example")),
            kind="multipart/mixed",
            From="postmaster@reader.example",
            Subject="Undeliverable: News for May",
        ),
        {"cho@reader.example": "hard", "dag@reader.example": "soft"},
    ),
    Sample(
        "a gateway: the reason before the recipient",
        message(
            text(f"""
            Your message:
               From:    {SENDER}
               Subject: News for May

            Could not be delivered because of

            550 5.1.1 User unknown

            The following recipients were affected:
                eko@reader.example


            Additional Information
            ======================
            Original Sender:    <{SENDER}>
            Reporting-MTA:      <relay.reader.example>
            """),
            From="postmaster@reader.example",
            Subject='Undeliverable Mail: "News for May"',
        ),
        {"eko@reader.example": "hard"},
    ),
    Sample(
        "sendmail 5: nobody named but in what came back",
        message(
            "   ----- Transcript of session follows -----\n421 reader.example (smtp)... Deferred: Connection timed out during user"
            " open with reader.example\n\n   ----- Unsent message follows -----\n" + original("fen@reader.example"),
            Subject="Returned mail: Cannot send message for 4 days",
        ),
        {"fen@reader.example": "soft"},
    ),
    Sample(
        "a hosted qmail: the folder is full",
        message(
            "Your mail message to the following address(es) could not be delivered. This\nis a permanent error.\n\n"
            "<gia@reader.example>:\nchild status 100...The e-mail message could not be delivered because the user's mailfolder"
            " is full.\n\n--- Below this line is a copy of the message.\n\n" + original("gia@reader.example"),
            Subject="failure notice",
        ),
        {"gia@reader.example": "soft"},
    ),
    Sample(
        "a german provider: reason in a paragraph of its own",
        message(
            "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered"
            " to one or more of\nits recipients. This is a permanent error. The following address\nfailed:\n\n<hal@reader.example>"
            "\n\nReason:\ndelivery retry timeout exceeded\n\n\n--- The header of the original message is following. ---\n\n"
            + original("hal@reader.example", headers=True),
            Subject="Mail delivery failed: returning message to sender",
        ),
        {"hal@reader.example": "soft"},
    ),
    Sample(
        "a japanese operator: recipients in a transcript",
        message(
            "次のあて先へのメッセージはエラーのため送信できませんでした。\n\nEach of the following recipients was rejected by a remote\n"
            "mail server.\n\n    Recipient: <ito@reader.example>\n    >>> RCPT TO:<ito@reader.example>\n"
            "    <<< 550 <ito@reader.example>: User unknown\n",
            charset="iso-2022-jp",
            From="Postmaster@mobile.example",
            Subject="Mail System Error - Returned Mail",
        ),
        {"ito@reader.example": "hard"},
    ),
    Sample(
        "oracle: a status in words and no diagnostic",
        dsn(
            "Your message cannot be delivered to the following recipients:\n\n  Recipient address: jun@nowhere.example\n"
            "  Reason: Illegal host/domain name found\n",
            "Original-recipient: rfc822;jun@nowhere.example\nFinal-recipient: rfc822;jun@nowhere.example\nAction: failed\n"
            "Status: 5.4.4 (Illegal host/domain name found)\n",
            to="jun@nowhere.example",
        ),
        {"jun@nowhere.example": "hard"},
    ),
    Sample(
        "docomo: 5.2.0 and clear words",
        dsn(
            "It failed.",
            failed("kim@mobile.example", "5.2.0", "550 Unknown user kim@mobile.example"),
            to="kim@mobile.example",
        ),
        {"kim@mobile.example": "hard"},
    ),
    Sample(
        "old line ends",
        message(
            "Delivery to the following recipient failed permanently:\n\n  lou@reader.example\n\n550 5.1.1 no such user\n"
        ).replace(b"\r\n", b"\r"),
        {"lou@reader.example": "hard"},
    ),
    Sample(
        "empty lines before the first header",
        b"\r\n   \r\n"
        + dsn("It failed.", failed("nia@reader.example", "5.1.1", "550 5.1.1 unknown user"), to="nia@reader.example"),
        {"nia@reader.example": "hard"},
    ),
    Sample(
        "outlook.com: the reported message itself, with a header more",
        original("ole@outlook.example", **{"X-HmXmrOriginalRecipient": "ole@outlook.example"}).encode(),
        {"ole@outlook.example": "complaint"},
        "complaint",
    ),
    Sample(
        "a part without a type holds what came back",
        (
            b"From: MAILER-DAEMON@reader.example\nTo: <bounces@institute.example>\nSubject: Returned Mail: User unknown\n"
            b'Content-Type: multipart/mixed; boundary="--b"\n\n----b\nContent-Type: text/plain\n\n'
            b"---The following addresses had delivery errors---\n\nmay@reader.example [User unknown]\n\n----b\n"
            b"Received: from relay.institute.example\nFrom: news@institute.example\nTo: may@reader.example\n\nNews\n\n----b--\n"
        ),
        {"may@reader.example": "hard"},
    ),
)
