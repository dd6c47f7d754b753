"""A Django project in one file, as its documentation describes sign-in by a header that a proxy sets."""

import sys

import django
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.urls import path

settings.configure(
    SECRET_KEY="of no consequence",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[2]}},
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django_app.ByHeader",
    ],
    AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.RemoteUserBackend"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
sys.modules["django_app"] = sys.modules[__name__]

django.setup()
from django.contrib.auth.middleware import RemoteUserMiddleware  # noqa: E402  needs the apps


class ByHeader(RemoteUserMiddleware):
    """Signs in whoever the gate says is calling."""

    header = "HTTP_X_FORWARDED_USER"


def who(request):
    """Who is signed in, and what the app believes about its own address."""
    return JsonResponse({
        "user": request.user.get_username(),
        "url": request.build_absolute_uri("/there"),
        "secure": request.is_secure(),
        "length": len(request.body),
    })


def moved(_request):
    """A redirect made from the app's own address."""
    response = HttpResponse(status=302)
    response["Location"] = "/who"
    return response


urlpatterns = [path("who", who), path("moved", moved)]

if __name__ == "__main__":
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from waitress import serve

    call_command("migrate", verbosity=0)
    serve(
        get_wsgi_application(), host="127.0.0.1", port=int(sys.argv[1]), threads=4,
        trusted_proxy="127.0.0.1", trusted_proxy_headers="x-forwarded-proto x-forwarded-host",
    )
