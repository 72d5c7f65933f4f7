"""The pages as thin shells: who may open one, and which front-end entry draws it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_vite.core.exceptions import DjangoViteAssetNotFoundError

from accounts import signin
from accounts.access import can
from accounts.api import me_of, set_language_cookie
from accounts.models import Locale, User, Workspace
from config.forms import LoginForm


def locale_of(language: str | None) -> str:
    """BCP 47 tag of Django's language code: zh-hans -> zh-Hans."""
    return Locale.ZH_HANS if (language or "").lower().startswith("zh") else Locale.EN


def _shell(request: HttpRequest, *, entry: str, title: str, action: str) -> HttpResponseBase:
    """A page of the staff: sign in first, 403 without the right, else the front-end's entry."""
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.get_full_path())
    if not can(user, action):
        return refused(request)
    return _rendered(request, entry=entry, title=title, page={"me": me_of(user)})


def _rendered(
    request: HttpRequest, *, entry: str, title: str, page: dict[str, Any]
) -> HttpResponseBase:
    """The shell with its data. Without a built front-end it says so instead of failing."""
    data = {"csrf": get_token(request), "locale": locale_of(get_language()), **page}
    context = {"entry": f"src/{entry}/main.tsx", "title": title, "page": data, "side": entry}
    response = TemplateResponse(request, "site/shell.html", context)
    try:
        return response.render()
    except DjangoViteAssetNotFoundError:
        return _plain(
            request, 503, _("Not ready yet"), _("The site is being prepared. Try again soon.")
        )


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """Where to go from here."""
    return _shell(request, entry="home", title="Counterflow", action="page.home")


@never_cache
@require_safe
def designer(request: HttpRequest, flow_id: UUID | None = None) -> HttpResponseBase:
    """The analyst's place; the front-end reads the flow from the address."""
    return _shell(request, entry="designer", title=_("Designer"), action="page.designer")


@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponseBase:
    """The agent's place."""
    return _shell(request, entry="desk", title=_("Desk"), action="page.desk")


@never_cache
@require_safe
def runs(request: HttpRequest, run_id: UUID | None = None) -> HttpResponseBase:
    """The auditor's place."""
    return _shell(request, entry="runs", title=_("Runs"), action="page.runs")


@never_cache
@require_safe
def erasing(request: HttpRequest, run_id: UUID) -> HttpResponseBase:
    """Where an administrator erases a run."""
    return _shell(request, entry="runs", title=_("Runs"), action="page.admin")


@never_cache
@require_safe
def admin(request: HttpRequest, place: str = "") -> HttpResponseBase:
    """The administrator's place; the front-end reads from the address what is looked at."""
    return _shell(request, entry="admin", title=_("Administration"), action="page.admin")


@never_cache
@require_safe
def join(request: HttpRequest) -> HttpResponseBase:
    """The customer's page. GET spends no link: the token is in the fragment, the page posts it."""
    page = {"brand": _only_brand()}
    return _rendered(request, entry="join", title=_("Video service"), page=page)


def _only_brand() -> dict[str, str]:
    """Whose page this is before a link says so: known, and no secret, where there is only one."""
    brands = list(Workspace.objects.values_list("brand", flat=True)[:2])
    return brands[0] if len(brands) == 1 else {}


@never_cache
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponseBase:
    """Sign in, then go where one wanted to."""
    if isinstance(request.user, User):
        return redirect(_next(request))
    if request.method == "GET":
        return _login_page(request, LoginForm(), status=200)
    form = LoginForm(request.POST)
    if not form.is_valid():
        return _login_page(request, form, status=400)
    try:
        user = signin.sign_in(request, **form.cleaned_data)
    except signin.TooManyAttemptsError:
        return signin.locked_out(request)
    if user is None:
        form.add_error(None, _("This name and password do not belong together."))
        return _login_page(request, form, status=401)
    response = redirect(_next(request))
    set_language_cookie(response, user.locale)
    return response


def _login_page(request: HttpRequest, form: LoginForm, *, status: int) -> HttpResponseBase:
    here = f"{request.path}?{urlencode({'next': _next(request)})}"
    context = {"form": form, "next": _next(request), "here": here}
    return TemplateResponse(request, "site/login.html", context, status=status)


def _next(request: HttpRequest) -> str:
    """Where to go after signing in: only to our own pages."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if own else settings.LOGIN_REDIRECT_URL


def _plain(request: HttpRequest, status: int, heading: str, text: str) -> HttpResponse:
    context = {"heading": heading, "text": text, "title": heading, "status": status}
    return TemplateResponse(request, "site/plain.html", context, status=status).render()


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but without the right."""
    return _plain(request, 403, _("Not for you"), _("You may not open this page."))


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF check failed: an old page, or a request that was not made here."""
    return _plain(
        request, 403, _("This page is out of date"), _("Go back, reload the page and try again.")
    )


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, the same for what does not exist and what is not theirs."""
    return _plain(
        request,
        404,
        _("Nothing here"),
        _("There is no page at this address, or it is not for you."),
    )


def malformed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _plain(request, 400, _("Not understood"), _("This request could not be read."))


def broken(request: HttpRequest) -> HttpResponse:
    """500: what happened is in the log, never on the page."""
    return _plain(
        request,
        500,
        _("Something went wrong"),
        _("It is our fault, and it was noted. Try again in a moment."),
    )
