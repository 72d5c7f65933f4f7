"""Addresses of the REST of people, under /api/v1/."""

from django.urls import path

from accounts.api import LoginView, LogoutView, MeView

urlpatterns = [
    path("me", MeView.as_view(), name="me"),
    path("login", LoginView.as_view(), name="api_login"),
    path("logout", LogoutView.as_view(), name="api_logout"),
]
