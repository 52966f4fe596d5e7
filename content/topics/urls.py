"""Public addresses of topics."""

from django.urls import path

from content.topics import views

app_name = "topics"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:slug>/", views.topic, name="topic"),
]
