"""Sign-up and token."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.security import OAuth2PasswordRequestForm

from api.dependencies import TheServices, address_of
from api.problems import Problem, told
from api.schemas import Account, SignUp, Token
from storage.quizzes import LOCAL_ACCOUNT

router = APIRouter(prefix="/auth", tags=["sign-in"])

# Argon2 would hash any length; nobody's password is a megabyte.
_LONGEST = 320


@router.post("/sign-up", status_code=201, responses=told("email-taken", "too-large", "invalid", "unavailable"))
async def sign_up(services: TheServices, body: SignUp) -> Account:
    """Create an account."""
    taken = Problem("email-taken", "There is an account with this e-mail.")
    if body.email == LOCAL_ACCOUNT:
        raise taken  # whoever uses the command line owns it
    async with services.passwords.turn():
        password_hash = await services.passwords.hash(body.password.get_secret_value())
    user = await services.accounts.create(body.email, password_hash)
    if user is None:
        raise taken
    return Account(id=user.id, email=user.email)


@router.post("/token", responses=told("wrong-credentials", "too-large", "invalid", "too-many-attempts", "unavailable"))
async def token(
    request: Request, services: TheServices, form: Annotated[OAuth2PasswordRequestForm, Depends()]
) -> Token:
    """A bearer token for an e-mail (as `username`) and a password: the OAuth2 password form."""
    email, address = form.username.strip().lower(), address_of(request)
    usable = len(email) <= _LONGEST and len(form.password) <= _LONGEST and "\x00" not in email
    user = await services.accounts.by_email(email) if usable else None
    async with services.passwords.turn():
        await services.throttle.check(email, address)
        right = await services.passwords.verify(form.password[:_LONGEST], user.password_hash if user else None)
        if not right:
            await services.throttle.failed(email, address)
    if user is None or not right:
        detail = "The e-mail or the password is wrong."
        raise Problem("wrong-credentials", detail, headers={"WWW-Authenticate": "Bearer"})
    await services.throttle.succeeded(email, address)
    return Token(access_token=services.tokens.issue(user.id), expires_in=services.tokens.seconds)
