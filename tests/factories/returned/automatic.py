"""What comes to a bounce address and is no bounce."""

from __future__ import annotations

from tests.factories.returned.building import BOUNCES, Sample, dsn, failed, message, multipart, original, part

PERSON = {"From": "Ann Lee <ann@reader.example>"}

SAMPLES = (
    Sample(
        "away, in English",
        message(
            "I am out of the office until Monday. For urgent matters write to bob@reader.example.\n",
            Subject="Out of office: Re: News for May",
            Auto_Submitted="auto-replied",
            **PERSON,
        ),
        {},
        "automatic answer",
    ),
    Sample(
        "away, from a null sender",
        message(
            "I am on holiday and shall read your mail later.\n",
            Subject="Re: News for May",
            Auto_Submitted="auto-replied (vacation)",
            Return_Path="<>",
            **PERSON,
        ),
        {},
        "automatic answer",
    ),
    Sample(
        "away, from Exchange",
        message(
            "Thank you for your message. I am away.\n",
            Subject="Automatic reply: News for May",
            X_Auto_Response_Suppress="All",
            **PERSON,
        ),
        {},
        "automatic answer",
    ),
    Sample(
        "away, in German",
        message(
            "Ich bin bis Montag nicht im Büro. 550 Mails warten schon.\n",
            encoding="base64",
            Subject="Abwesenheitsnotiz: News for May",
            **PERSON,
        ),
        {},
        "automatic answer",
    ),
    Sample(
        "away, in French",
        message(
            "Je suis absente jusqu'à lundi.\n",
            encoding="quoted-printable",
            Subject="=?utf-8?q?R=C3=A9ponse_automatique_=3A_News_for_May?=",
            **PERSON,
        ),
        {},
        "automatic answer",
    ),
    Sample(
        "away, only a mark",
        message("Back on Monday.\n", Subject="Re: News for May", X_Autoreply="yes", **PERSON),
        {},
        "automatic answer",
    ),
    Sample(
        "left, and says so by itself",
        message(
            "Ann no longer works here; her address ann@reader.example is no longer valid.\n",
            Subject="Automatic reply: News for May",
            Auto_Submitted="auto-replied",
            **PERSON,
        ),
        {},
        "automatic answer",
    ),
    Sample(
        "a challenge",
        message(
            "Please confirm that you are a person by following the link.\n",
            Subject="Please confirm your message to ann@reader.example",
            **PERSON,
        ),
        {},
        "automatic answer",
    ),
    Sample(
        "a read receipt",
        multipart(
            part("text/plain", "Your message was displayed.\n"),
            part(
                "message/disposition-notification",
                "Final-Recipient: rfc822;ann@reader.example\nDisposition: manual-action/MDN-sent-manually; displayed\n",
            ),
            kind="multipart/report; report-type=disposition-notification",
            Subject="Read: News for May",
            **PERSON,
        ),
        {},
        "automatic answer",
    ),
    Sample(
        "deleted unread",
        multipart(
            part("text/plain", "Your message was deleted without being read.\n"),
            part(
                "message/disposition-notification",
                "Final-Recipient: rfc822;ann@reader.example\nDisposition: automatic-action/MDN-sent-automatically; deleted\n",
            ),
            kind="multipart/report; report-type=disposition-notification",
            Subject="Not read: News for May",
            **PERSON,
        ),
        {},
        "automatic answer",
    ),
    Sample(
        "delivered",
        dsn(
            "Your message was delivered.",
            failed("ann@reader.example", "2.0.0", "250 2.0.0 Ok", Action="delivered"),
            to="ann@reader.example",
            Subject="Successful Mail Delivery Report",
        ),
        {},
        "delivered",
    ),
    Sample(
        "a person answers",
        message(
            "Thank you, I liked it.\n\n> User unknown is a film by the way.\n", Subject="Re: News for May", **PERSON
        ),
        {},
        "unknown",
    ),
    Sample(
        "a person asks about a failure",
        message(
            "Hello, my friend bob@reader.example cannot get your newsletter, it says user unknown. Could you help?\n",
            Subject="Newsletter failure",
            **PERSON,
        ),
        {},
        "unknown",
    ),
    Sample(
        "spam to the bounce address",
        message("Buy now.\n", From="Deals <deals@shop.example>", Subject="Best offers", To=BOUNCES),
        {},
        "unknown",
    ),
    Sample(
        "a DMARC report",
        multipart(
            part("text/plain", "This is a DMARC aggregate report.\n"),
            part("application/gzip", "H4sI", encoding="base64"),
            kind="multipart/mixed",
            From="noreply-dmarc@provider.example",
            Subject="Report domain: institute.example",
        ),
        {},
        "unknown",
    ),
    Sample("nothing at all", message("", Subject="", From="", To=""), {}, "unknown"),
    Sample(
        "a forwarded newsletter",
        multipart(
            part("text/plain", "Look at this!\n"),
            part("message/rfc822", original("ann@reader.example")),
            kind="multipart/mixed",
            Subject="Fwd: News for May",
            **PERSON,
        ),
        {},
        "unknown",
    ),
)
