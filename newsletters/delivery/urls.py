"""The control room's addresses, below the admin."""

from django.urls import path

from newsletters.delivery import views

app_name = "delivery"
urlpatterns = [
    path("", views.mailings, name="mailings"),
    path("<int:mailing_id>/", views.report, name="report"),
    path("<int:mailing_id>/figures/", views.figures, name="figures"),
    path("<int:mailing_id>/steer/", views.steer, name="steer"),
    path("<int:mailing_id>/unknown/", views.decide_unknown, name="unknown"),
]
