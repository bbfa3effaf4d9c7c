"""What Telegram answers when it will not do what was asked."""


class Refusal(Exception):
    """Becomes an rpc_error. `code` and `message` are Telegram's, such as 400 and PEER_ID_INVALID."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
