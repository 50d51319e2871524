"""What kind of trouble each of Slack's error codes is: the one place that knows the codes.

The codes are those that https://docs.slack.dev/reference/methods names for the methods the bot calls, and
`msg_blocks_too_long`, which it does not name (https://github.com/slackapi/bolt-js/issues/2509).
"""

from __future__ import annotations

from typing import Final

from bot.errors import (
    ChannelRefused,
    ContentRefused,
    NotThere,
    ScopeMissing,
    SlackBusy,
    SlackDown,
    SlackError,
    SlackRevoked,
    SlackUnknown,
)


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


BUSY: Final = frozenset({"ratelimited", "rate_limited"})
PASSING: Final = _codes("""
    internal_error fatal_error service_unavailable request_timeout team_added_to_org org_login_required
    accesslimited message_limit_exceeded update_failed rollup_error server_error upgrade_in_progress
""")
TOKEN: Final = _codes("""
    invalid_auth not_authed account_inactive token_revoked token_expired two_factor_setup_required team_disabled
""")
CHANNEL: Final = _codes("""
    channel_not_found not_in_channel is_archived ekm_access_denied team_access_not_granted no_permission
    channel_is_limited_access access_denied enterprise_is_restricted team_not_found messages_tab_disabled
    posting_to_general_channel_denied user_not_in_channel is_inactive channel_type_not_supported
    method_not_supported_for_channel_type not_allowed_for_slack_connect
""")
SCOPE: Final = frozenset({"missing_scope", "not_allowed_token_type"})
NOT_THERE: Final = _codes("""
    user_not_found users_not_found user_not_visible user_disabled user_is_bot cannot_dm_bot not_found
    message_not_found thread_not_found file_not_found expired_trigger_id exchanged_trigger_id invalid_trigger_id
    invalid_trigger trigger_expired trigger_exchanged view_not_found not_enabled no_item_specified not_reactable
    no_such_subteam subteam_not_found
""")
# Of what Slack will never take as it is, what may be for what is shown: with less in it, Slack may take it.
SHOWN: Final = _codes("""
    invalid_blocks invalid_blocks_format invalid_attachments msg_too_long msg_blocks_too_long no_text invalid_arguments
    invalid_charset invalid_form_data invalid_json view_too_large http_413
""")
CONTENT: Final = SHOWN | _codes("""
    too_many_attachments too_many_contact_cards attachment_payload_limit_exceeded markdown_text_conflict
    invalid_arg_name invalid_array_arg json_not_object invalid_post_type missing_post_type missing_argument
    invalid_metadata_format invalid_metadata_schema
    metadata_too_large metadata_must_be_sent_from_app cannot_reply_to_message as_user_not_supported
    duplicate_channel_not_found duplicate_message_not_found slack_connect_file_link_sharing_blocked
    slack_connect_canvas_sharing_blocked slack_connect_clip_sharing_blocked slack_connect_lists_sharing_blocked
    cant_update_message edit_window_closed bad_timestamp invalid_name already_reacted no_reaction too_many_emoji
    too_many_reactions push_limit_reached duplicate_external_id hash_conflict unknown_method
    method_deprecated deprecated_endpoint invalid_cursor unknown_subtype file_uploads_disabled posted_file_too_large
""")
KINDS: Final[dict[frozenset[str], type[SlackError]]] = {
    TOKEN: SlackRevoked,
    CHANNEL: ChannelRefused,
    SCOPE: ScopeMissing,
    NOT_THERE: NotThere,
    CONTENT: ContentRefused,
}
RESTRICTED: Final = "restricted_action"  # Slack has several of these for channels, and adds to them


def failure(status: int, code: str, retry_after: float) -> SlackError:
    """The error that an answer of Slack's stands for; `code` is "" where it names none, as a proxy's page does."""
    if status == 429 or code in BUSY:
        return SlackBusy(retry_after)
    if code in PASSING or (not code and (status >= 500 or status < 400)):
        return SlackDown(f"Slack answered {status} {code or 'with no reason'}", code)
    if status == 413 and not code:
        return ContentRefused("http_413")
    if not code:
        return SlackUnknown(f"http_{status}")
    if code.startswith(RESTRICTED):
        return ChannelRefused(code)
    kind = next((kind for codes, kind in KINDS.items() if code in codes), None)
    if kind is None and status >= 500:
        return SlackDown(f"Slack answered {status} {code}", code)
    return (kind or SlackUnknown)(code)
