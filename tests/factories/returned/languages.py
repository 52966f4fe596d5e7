"""What systems return whose operators speak another language than English."""

from __future__ import annotations

from tests.factories.returned.building import Sample, dsn, failed, message, text

SAMPLES = (
    Sample(
        "german: a provider's own text",
        message(
            text("""
            Diese E-Mail wurde automatisch erzeugt.

            Ihre Nachricht konnte folgenden Empfängern nicht zugestellt werden:

            anja@leser.example
            Das Postfach existiert nicht.
            """),
            encoding="quoted-printable",
            charset="iso-8859-1",
            Subject="=?iso-8859-1?q?Ihre_Nachricht_konnte_nicht_zugestellt_werden?=",
        ),
        {"anja@leser.example": "hard"},
    ),
    Sample(
        "german: mailbox full",
        message(
            "Ihre E-Mail an bernd@leser.example konnte nicht zugestellt werden.\nDas Postfach des Empfängers ist voll.\n",
            encoding="base64",
            Subject="Unzustellbar",
        ),
        {"bernd@leser.example": "soft"},
    ),
    Sample(
        "french: unknown user",
        message(
            "Votre message n'a pas pu être remis aux destinataires suivants :\n\n  claire@lecteur.example\n\nRaison : cette adresse n'existe pas.\n",
            encoding="quoted-printable",
            Subject="=?utf-8?q?=C3=89chec_de_la_remise?=",
        ),
        {"claire@lecteur.example": "hard"},
    ),
    Sample(
        "french: orange's words behind an English report",
        dsn(
            "This is the mail system.",
            failed(
                "denis@lecteur.example",
                "5.1.1",
                "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416",
            ),
            to="denis@lecteur.example",
        ),
        {"denis@lecteur.example": "hard"},
    ),
    Sample(
        "spanish: unknown user",
        message(
            "No se ha podido entregar su mensaje al siguiente destinatario:\n\nelena@lector.example\n\nEl usuario no existe.\n",
            encoding="base64",
            Subject="=?utf-8?b?Tm8gc2UgaGEgcG9kaWRvIGVudHJlZ2Fy?=",
        ),
        {"elena@lector.example": "hard"},
    ),
    Sample(
        "portuguese: full",
        message(
            "A sua mensagem não foi entregue ao seguinte destinatário:\n\nfabio@leitor.example\n\nA caixa postal está cheia.\n",
            encoding="quoted-printable",
            Subject="=?utf-8?q?Falha_na_entrega?=",
        ),
        {"fabio@leitor.example": "soft"},
    ),
    Sample(
        "italian: unknown user",
        message(
            "Il messaggio non è stato recapitato ai seguenti destinatari:\n\ngina@lettore.example\n\nUtente sconosciuto\n",
            encoding="base64",
            Subject="Mancato recapito",
        ),
        {"gina@lettore.example": "hard"},
    ),
    Sample(
        "dutch: unknown user",
        message(
            "Uw bericht kon niet worden bezorgd bij de volgende ontvanger:\n\nhans@lezer.example\n\nDit e-mailadres bestaat niet.\n",
            Subject="Onbestelbaar: News for May",
        ),
        {"hans@lezer.example": "hard"},
    ),
    Sample(
        "russian: unknown user",
        message(
            "Ваше письмо не может быть доставлено следующим получателям:\n\nigor@chitatel.example\n\nПользователь не найден\n",
            encoding="base64",
            charset="koi8-r",
            Subject="=?koi8-r?b?7sXEz9PUwdfMxc7OzyDQydPYzc8=?=",
        ),
        {"igor@chitatel.example": "hard"},
    ),
    Sample(
        "chinese: unknown user",
        message(
            "您的邮件无法投递到以下收件人：\n\njun@duzhe.example\n\n收件人邮箱不存在\n",
            encoding="base64",
            charset="gb18030",
            Subject="=?utf-8?b?6YCA5L+h?=",
        ),
        {"jun@duzhe.example": "hard"},
    ),
    Sample(
        "japanese: unknown user",
        message(
            "以下のアドレスにメールを配信できませんでした。\n\nken@dokusha.example\n\n宛先が見つかりません。\n",
            encoding="base64",
            charset="iso-2022-jp",
            Subject="=?utf-8?b?6YWN5L+h44Ko44Op44O8?=",
        ),
        {"ken@dokusha.example": "hard"},
    ),
    Sample(
        "polish: full",
        dsn(
            "System pocztowy.",
            failed("lech@czytelnik.example", "5.2.2", "552 5.2.2 Skrzynka odbiorcy jest przepelniona (quota exceeded)"),
            to="lech@czytelnik.example",
        ),
        {"lech@czytelnik.example": "soft"},
    ),
)
