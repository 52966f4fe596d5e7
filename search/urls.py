"""Public addresses of search."""

from django.urls import path

from search import views

app_name = "search"
urlpatterns = [
    path("", views.search, name="search"),
    path("suggestions/", views.suggestions, name="suggestions"),
    path("results.json", views.results_json, name="json"),
    path("clicked/", views.clicked, name="clicked"),
    path("feed/", views.feed, name="feed"),
]
