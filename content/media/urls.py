"""Public addresses of drawn covers."""

from django.urls import re_path

from content.media import views

app_name = "covers"
urlpatterns = [re_path(r"^(?P<hue>[a-z]+)/(?P<number>[0-9]{1,19})\.(?P<suffix>svg|png)$", views.cover, name="cover")]
