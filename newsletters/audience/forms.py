"""The public forms. Each says in words what is wrong and keeps what was typed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError

from content.topics.models import Topic
from newsletters.audience.addresses import Address, AddressInvalid, parse_address
from newsletters.audience.models import Frequency, MailingList, State, Subscriber
from newsletters.transport.headers import UnsafeHeader, refuse_control_characters

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Nobody reads a form and types an address faster; a script does.
QUICKEST = timedelta(seconds=2)
_STAMP = signing.TimestampSigner(salt="audience.sign-up")


class TooQuick(Exception):  # noqa: N818 (reads as what it is)
    """The form came back faster than a person types, or without its stamp: ask for one more press of the button."""


def make_stamp() -> str:
    """When a form was shown, signed. A cached page has an old one, which is fine: only too young is refused."""
    return _STAMP.sign("shown")


def check_stamp(stamp: str) -> None:
    """Refuse a form that comes back too soon.

    Raises:
        TooQuick: younger than `QUICKEST`, missing, or not ours.
    """
    try:
        _STAMP.unsign(stamp)
    except signing.BadSignature as error:
        raise TooQuick from error
    try:
        _STAMP.unsign(stamp, max_age=QUICKEST)
    except signing.SignatureExpired:
        return
    raise TooQuick


class AddressForm(forms.Form):
    """An address and nothing else; `website` is bait for scripts, hidden from people and from screen readers."""

    email = forms.CharField(
        max_length=254,
        label="Email address",
        error_messages={"required": "Enter your email address."},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    website = forms.CharField(required=False, max_length=200)

    def clean_email(self) -> Address:
        """The address, read; the person is told what is wrong with it."""
        try:
            return parse_address(self.cleaned_data["email"])
        except AddressInvalid as error:
            raise ValidationError(f"Check your email address: {error}") from error

    @property
    def is_bait_taken(self) -> bool:
        """Whether a script has filled the field that nobody sees."""
        return bool(self.data.get("website"))


class SignUpForm(AddressForm):
    """The sign-up form: address, name if wanted, lists. No list is ticked beforehand (UK GDPR Art. 4(11))."""

    name = forms.CharField(required=False, max_length=120, label="Name")
    lists = forms.ModelMultipleChoiceField(
        queryset=MailingList.objects.none(),
        to_field_name="slug",
        label="Newsletters",
        error_messages={"required": "Choose at least one newsletter.", "invalid_choice": "Choose from the list."},
    )
    wording = forms.CharField(max_length=64)

    field_order = ("lists", "email", "name", "wording")

    def __init__(self, *args: Any, lists: QuerySet[MailingList], **kwargs: Any) -> None:
        """Offer these lists."""
        super().__init__(*args, **kwargs)
        self._choices("lists").queryset = lists

    def clean_name(self) -> str:
        """The name, as it will stand in a header."""
        return _one_line(self.cleaned_data["name"])

    def _choices(self, name: str) -> forms.ModelMultipleChoiceField[MailingList]:
        field = self.fields[name]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101 (tells the type checker)
        return field


class PreferencesForm(forms.Form):
    """What a subscriber chooses. A list that is not public can be left, never joined."""

    name = forms.CharField(
        required=False, max_length=120, label="Name", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    lists = forms.ModelMultipleChoiceField(
        queryset=MailingList.objects.none(), required=False, label="Newsletters", widget=forms.CheckboxSelectMultiple
    )
    frequency = forms.ChoiceField(choices=Frequency.choices, label="How often", widget=forms.RadioSelect)
    topics = forms.ModelMultipleChoiceField(
        queryset=Topic.objects.all(), required=False, label="Topics you follow", widget=forms.CheckboxSelectMultiple
    )
    wording = forms.CharField(max_length=64)

    def __init__(self, *args: Any, subscriber: Subscriber, **kwargs: Any) -> None:
        """Show what the subscriber has chosen so far."""
        joined = MailingList.objects.open().filter(
            subscriptions__subscriber=subscriber, subscriptions__state=State.ACTIVE
        )
        kwargs.setdefault(
            "initial",
            {
                "name": subscriber.name,
                "frequency": subscriber.frequency,
                "lists": list(joined.values_list("pk", flat=True)),
                "topics": list(subscriber.topics.values_list("pk", flat=True)),
            },
        )
        super().__init__(*args, **kwargs)
        offered = MailingList.objects.filter(pk__in=MailingList.objects.public().values("pk")) | joined
        field = self.fields["lists"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101 (tells the type checker)
        field.queryset = offered.distinct()

    def clean_name(self) -> str:
        """The name, as it will stand in a header."""
        return _one_line(self.cleaned_data["name"])


def _one_line(text: str) -> str:
    try:
        return refuse_control_characters(text.strip())
    except UnsafeHeader as error:
        raise ValidationError("A name is one line of ordinary characters.") from error
