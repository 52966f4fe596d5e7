"""The issue desk's addresses, below the admin."""

from django.urls import path

from newsletters.issues import views

app_name = "issues"
urlpatterns = [
    path("", views.issues, name="issues"),
    path("<int:issue_id>/", views.desk, name="desk"),
    path("<int:issue_id>/mail/", views.mail, name="mail"),
    path("<int:issue_id>/test/", views.test, name="test"),
    path("<int:issue_id>/send/", views.send, name="send"),
]
