"""Addresses of the desk, under /admin/search-desk/."""

from django.urls import path

from search.desk import views

app_name = "search_desk"
urlpatterns = [
    path("", views.searches, name="searches"),
    path("try/", views.try_search, name="try"),
    path("preview/<slug:what>/", views.preview, name="preview"),
    path("index/", views.index, name="index"),
    path("index/progress/", views.progress, name="progress"),
    path("index/start/", views.start_job, name="start"),
]
