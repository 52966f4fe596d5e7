"""The addresses of subscribing, confirming, leaving and choosing. They stand in mails: they never change."""

from django.urls import path

from newsletters.audience.views import links, signup

app_name = "audience"
urlpatterns = [
    path("subscribe/", signup.subscribe, name="subscribe"),
    path("subscribe/sent/", signup.sent, name="sent"),
    path("subscribe/confirm/<str:token>/", links.confirm, name="confirm"),
    path("unsubscribe/<str:token>/", links.unsubscribe, name="unsubscribe"),
    path("preferences/", signup.ask_for_link, name="ask_for_link"),
    path("preferences/<str:token>/", links.preferences, name="preferences"),
]
