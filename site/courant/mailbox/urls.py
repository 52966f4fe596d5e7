"""The mailbox's pages; included only where there is a mailbox."""

from django.urls import path

from courant.mailbox import views

app_name = "mailbox"
urlpatterns = [
    path("", views.message_list, name="list"),
    path("delete/", views.delete_all, name="delete"),
    path("<str:name>/", views.message_html, name="html"),
    path("<str:name>/frame/", views.message_frame, name="frame"),
    path("<str:name>/text/", views.message_text, name="text"),
    path("<str:name>/source/", views.message_source, name="source"),
    path("<str:name>/headers/", views.message_headers, name="headers"),
]
