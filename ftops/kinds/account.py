"""An Azure OpenAI account. ftops works in it and never creates or changes it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ftops.kind import Settings
from ftops.resource import Spec
from ftops.service.address import PUBLIC_MANAGEMENT, Address, is_trusted


class Auth(Spec):
    """How ftops signs in to the data plane. ARM always takes a token of Microsoft Entra."""

    type: Literal["entra", "key"] = "entra"
    """`entra`: a token, from whatever azure-identity finds. `key`: an API key from the environment."""
    variable: str | None = None
    """key: name of the environment variable that holds the key."""

    @model_validator(mode="after")
    def _key_has_variable(self) -> Self:
        if (self.type == "key") != (self.variable is not None):
            raise PydanticCustomError("auth", "`variable` goes with `type: key`, and is needed there")
        return self


class AccountSpec(Spec):
    """Where an account is and how to sign in."""

    endpoint: str
    """Address of the data plane, such as `https://contoso.openai.azure.com`."""
    resourceId: Annotated[
        str,
        Field(
            pattern=r"^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.CognitiveServices/accounts/[^/]+$"
        ),
    ]
    """ARM id of the account, beginning with `/subscriptions/`."""
    region: str
    """Azure region, such as `swedencentral`."""
    auth: Auth = Auth()
    """How ftops signs in to the data plane."""
    managementEndpoint: str = PUBLIC_MANAGEMENT
    """Address of Azure Resource Manager; another one for sovereign clouds, or an emulator on this machine."""

    @field_validator("endpoint", "managementEndpoint")
    @classmethod
    def _is_azure(cls, value: str) -> str:
        if not is_trusted(value):
            raise PydanticCustomError("address", "no https address of Azure: credentials are sent nowhere else")
        return value

    def address(self, name: str) -> Address:
        """Where the service layer finds this account."""
        return Address(name, self.endpoint, self.resourceId, self.region, self.managementEndpoint, self.auth.variable)


class Account(Settings[AccountSpec]):
    """An Azure OpenAI account (resource). It is checked and worked in, never created."""

    role: ClassVar[Literal["project", "account"]] = "account"
    spec = AccountSpec
