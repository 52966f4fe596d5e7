"""Delivery's addresses outside the admin. They stand in mails: they never change."""

from django.urls import path

from newsletters.delivery.views import links

urlpatterns = [
    path("go/<str:token>/", links.follow, name="counted_link"),
]
