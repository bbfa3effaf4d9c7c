"""help.* and account.*: what clients ask about the service, and tell about themselves."""

from datetime import timedelta

from telethon.tl import functions, types

from userbot.rehearsal.telegram.logins import Session
from userbot.rehearsal.telegram.methods.calls import Call, answers
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.wire import TL
from userbot.rehearsal.telegram.world import CAPTION_LENGTH_MAX, MESSAGE_LENGTH_MAX

THIS_DC = 2
_ONLINE_FOR = timedelta(minutes=5)
_TWO_DAYS_S = 48 * 3600


@answers(functions.help.GetConfigRequest, needs_login=False)
def get_config(call: Call, request: TL) -> TL:
    now = call.world.clock.now()
    return types.Config(
        date=now,
        expires=now + timedelta(hours=1),
        test_mode=False,
        this_dc=THIS_DC,
        dc_options=[types.DcOption(id=THIS_DC, ip_address="127.0.0.1", port=call.server.port)],
        dc_txt_domain_name="",
        chat_size_max=200,
        megagroup_size_max=200_000,
        forwarded_count_max=100,
        online_update_period_ms=210_000,
        offline_blur_timeout_ms=5_000,
        offline_idle_timeout_ms=30_000,
        online_cloud_timeout_ms=300_000,
        notify_cloud_delay_ms=30_000,
        notify_default_delay_ms=1_500,
        push_chat_period_ms=60_000,
        push_chat_limit=2,
        edit_time_limit=_TWO_DAYS_S,
        revoke_time_limit=2**31 - 1,
        revoke_pm_time_limit=2**31 - 1,
        rating_e_decay=2_419_200,
        stickers_recent_limit=200,
        channels_read_media_period=604_800,
        call_receive_timeout_ms=20_000,
        call_ring_timeout_ms=90_000,
        call_connect_timeout_ms=30_000,
        call_packet_timeout_ms=10_000,
        me_url_prefix="https://t.me/",
        caption_length_max=CAPTION_LENGTH_MAX,
        message_length_max=MESSAGE_LENGTH_MAX,
        webfile_dc_id=THIS_DC,
    )


@answers(functions.account.UpdateStatusRequest)
def update_status(call: Call, request: TL) -> TL:
    now = call.world.clock.now()
    call.account.online_until = None if request.offline else now + _ONLINE_FOR
    return True


@answers(functions.account.GetAuthorizationsRequest)
def get_authorizations(call: Call, request: TL) -> TL:
    sessions = call.server.sessions(call.account)
    return types.account.Authorizations(180, [render_session(call, session) for session in sessions])


@answers(functions.account.ResetAuthorizationRequest)
def reset_authorization(call: Call, request: TL) -> TL:
    """What "Terminate" in the list of active sessions does."""
    for session in call.server.sessions(call.account):
        if session is not call.session and _public_hash(session) == request.hash:
            call.server.revoke(session)
            return True
    raise Refusal(400, "HASH_INVALID")


def render_session(call: Call, session: Session) -> TL:
    now = call.world.clock.now()
    is_current = session is call.session
    return types.Authorization(
        hash=0 if is_current else _public_hash(session),
        current=is_current,
        device_model=session.device_model,
        platform="",
        system_version=session.system_version,
        api_id=session.api_id,
        app_name="",
        app_version=session.app_version,
        date_created=session.since or now,
        date_active=now,
        ip="127.0.0.1",
        country="",
        region="",
        password_pending=session.account is None and session.password_awaited_of is not None,
    )


def _public_hash(session: Session) -> int:
    """Names the session to others without giving its key away."""
    return session.key_id >> 1
