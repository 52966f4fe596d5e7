"""The control room's addresses, below the admin."""

from django.urls import path

from newsletters.delivery.views import control, report

app_name = "delivery"
urlpatterns = [
    path("", control.mailings, name="mailings"),
    path("<int:mailing_id>/", control.mailing, name="mailing"),
    path("<int:mailing_id>/live/", control.live, name="live"),
    path("<int:mailing_id>/steer/", control.steer, name="steer"),
    path("<int:mailing_id>/cancel/", control.confirm_cancel, name="cancel"),
    path("<int:mailing_id>/unknown/", control.decide_unknown, name="unknown"),
    path("<int:mailing_id>/report/", report.report, name="report"),
    path("<int:mailing_id>/report/figures.csv", report.export_figures, name="export_figures"),
    path("<int:mailing_id>/report/recipients.csv", report.export_recipients, name="export_recipients"),
]
