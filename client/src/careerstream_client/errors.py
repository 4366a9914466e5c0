"""The errors of the client. Each message is one line."""


class ClientError(Exception):
    """The root of all errors of this package."""


class BrokerError(ClientError):
    """No broker answers, a topic is missing, or the broker refuses."""


class DeliveryError(ClientError):
    """Messages that were sent have not been delivered."""


class ContractError(ClientError, ValueError):
    """A value or a record does not keep the contract."""

    def __init__(self, fault: str, path: str = "") -> None:
        super().__init__(f"field {path} {fault}" if path else fault)
        self.fault = fault
        self.path = path
        """The field, such as `items[3].rank`; empty for the whole value."""

    def inside(self, name: str) -> "ContractError":
        """Return the same fault, seen from the object that holds the field `name`."""
        inner = self.path if not self.path or self.path.startswith("[") else f".{self.path}"
        return ContractError(self.fault, f"{name}{inner}")
