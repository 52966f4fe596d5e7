"""Addresses for load balancers; stable names."""

from django.urls import path

from courant.health import views

app_name = "health"
urlpatterns = [path("live", views.live, name="live"), path("ready", views.ready, name="ready")]
