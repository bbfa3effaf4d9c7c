"""auth.* and what belongs to it: codes, passwords, QR tokens, logging out."""

from telethon.tl import functions, types

from userbot.rehearsal.telegram.methods.calls import Call, answers
from userbot.rehearsal.telegram.methods.settings import render_session
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.render import render_user
from userbot.rehearsal.telegram.wire import TL

_CODE_LENGTH = 5


@answers(functions.auth.SendCodeRequest, needs_login=False)
def send_code(call: Call, request: TL) -> TL:
    return _sent_code(call, request.phone_number)


@answers(functions.auth.ResendCodeRequest, needs_login=False)
def resend_code(call: Call, request: TL) -> TL:
    return _sent_code(call, request.phone_number)


def _sent_code(call: Call, phone: str) -> TL:
    login, in_app = call.server.logins.send_code(phone)
    kind = types.auth.SentCodeTypeApp if in_app else types.auth.SentCodeTypeSms
    return types.auth.SentCode(type=kind(_CODE_LENGTH), phone_code_hash=login.code_hash)


@answers(functions.auth.SignInRequest, needs_login=False)
def sign_in(call: Call, request: TL) -> TL:
    logins = call.server.logins
    account = logins.check_code(request.phone_number, request.phone_code_hash, request.phone_code)
    if account is None:
        return types.auth.AuthorizationSignUpRequired()
    logins.log_in(call.session, account)
    return _authorization(call)


@answers(functions.account.GetPasswordRequest, needs_login=False)
def get_password(call: Call, request: TL) -> TL:
    account = call.session.account or call.session.password_awaited_of
    if account is None:
        raise Refusal(401, "AUTH_KEY_UNREGISTERED")
    return call.server.logins.passwords.challenge(account)


@answers(functions.auth.CheckPasswordRequest, needs_login=False)
def check_password(call: Call, request: TL) -> TL:
    account = call.session.password_awaited_of
    if account is None:
        raise Refusal(401, "AUTH_KEY_UNREGISTERED")
    call.server.logins.passwords.check(account, request.password)
    call.server.logins.authorise(call.session, account)
    return _authorization(call)


@answers(functions.auth.ExportLoginTokenRequest, needs_login=False)
def export_login_token(call: Call, request: TL) -> TL:
    """Asked twice: for a token to show, and, once another device has accepted it, for the login itself."""
    logins = call.server.logins
    accepted_by = logins.accepted_qr_token(call.session)
    if accepted_by is None:
        token, known = logins.new_qr_token(call.session)
        return types.auth.LoginToken(expires=known.expires, token=token)
    logins.forget_qr_tokens(call.session)
    logins.log_in(call.session, accepted_by)
    return types.auth.LoginTokenSuccess(_authorization(call))


@answers(functions.auth.AcceptLoginTokenRequest)
def accept_login_token(call: Call, request: TL) -> TL:
    session = call.server.logins.accept_qr_token(request.token, call.account)
    for connection in call.server.connections_of(session):
        connection.push(types.UpdateShort(types.UpdateLoginToken(), call.world.clock.now()))
    return render_session(call, session)


@answers(functions.auth.LogOutRequest)
def log_out(call: Call, request: TL) -> TL:
    call.server.logins.revoke(call.session)
    return types.auth.LoggedOut()


def _authorization(call: Call) -> TL:
    return types.auth.Authorization(user=render_user(call.world, call.account, call.account))
