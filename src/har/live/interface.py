"""What the server's answers look like, for clients and for the OpenAPI document."""

from typing import Any, Final

from pydantic import BaseModel, Field

from har.live.answers import Answer, Samples

CSV, JSON = "text/csv", "application/json"


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str = Field(description="one sentence for people: what, where, what to do")


class Recognition(BaseModel):
    """What a recording was taken for."""

    sha256: str = Field(description="SHA-256 of the model that answered, in hex")
    windows: list[Answer] = Field(description="one a window, in time order")


class Stored(BaseModel):
    """A recording that is safe with the server."""

    id: str = Field(description="SHA-256 of the bytes that were sent, in hex")
    rows: int = Field(description="samples")
    seconds: float = Field(description="s, from the first sample to the last")


class Model(BaseModel):
    """What a client must know of the model to hear as the server does."""

    version: str
    sha256: str = Field(description="of the file, in hex")
    bytes: int = Field(description="of the file")
    activities: list[str] = Field(description="in the order of the model's outputs")
    rate_hz: float = Field(description="Hz, of the samples in a window")
    window: int = Field(description="samples")
    step: int = Field(description="samples, between windows in training")
    hop: int = Field(description="samples, between answers")
    smoother: dict[str, str | float] = Field(description="what turns probabilities into beliefs: its kind and numbers")
    unsure_below: float = Field(description="smoothed probability below which an answer counts as unsure")
    max_upload_bytes: int = Field(description="of one recording that is sent in")


class Health(BaseModel):
    """That the server works, and with which model."""

    status: str
    version: str = Field(description="of the model")
    sha256: str = Field(description="of the model's file, in hex")


Answers = dict[int | str, dict[str, Any]]
STRANGERS: Final[Answers] = {
    400: {"model": Problem, "description": "not a request that can be read, or one for another host"},
    403: {"model": Problem, "description": "a request from another site's page"},
}
REFUSALS: Final[Answers] = STRANGERS | {
    408: {"model": Problem, "description": "the body took too long"},
    413: {"model": Problem, "description": "the body is too large"},
    415: {"model": Problem, "description": "not one of the content types above"},
    422: {"model": Problem, "description": "a recording that cannot be right: says which row and column"},
    429: {"model": Problem, "description": "too many requests a minute: Retry-After says how long (s) to wait"},
    503: {"model": Problem, "description": "too many requests at once: Retry-After says how long (s) to wait"},
}
KEEPING: Final[Answers] = REFUSALS | {
    200: {"model": Stored, "description": "it was here already"},
    401: {"model": Problem, "description": "the token is missing or not the right one"},
}
FILE: Final[Answers] = STRANGERS | {
    200: {
        "description": "its bytes",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    404: {"model": Problem, "description": "a model with that SHA-256 is not in use"},
    304: {"description": "the client has it: its If-None-Match names the model's SHA-256"},
}
A_CSV: Final = {CSV: {"schema": {"type": "string", "description": "docs/recording-format.md"}}}
A_WINDOW: Final = {JSON: {"schema": Samples.model_json_schema()}}


def takes(content: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI words for a body that is needed and read as it is."""
    return {"requestBody": {"required": True, "content": content}}
