"""What is known about base models, as dated data. Sources: the service's model pages of 2026-03-05 and 2026-10-06."""

from __future__ import annotations

#: Names without a date that the service rewrites when a job is created.
ALIASES = {
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
    "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
    "o4-mini": "o4-mini-2025-04-16",
    "gpt-5": "gpt-5-2025-08-07",
    "ministral-3b": "Ministral-3B",
}

#: ARM's `model.format` by the beginning of the base model's name; everything else is OpenAI.
_FORMATS = {
    "gpt-oss": "Microsoft",
    "ministral": "Mistral AI",
    "llama": "Meta",
    "qwen": "Alibaba",
}


def resolve_alias(name: str) -> str:
    """The name under which the service will list the model."""
    return ALIASES.get(name, name)


def arm_format(model: str) -> str:
    """`model.format` of a deployment of this model, or of a model trained from it."""
    lowered = model.lower()
    return next((value for start, value in _FORMATS.items() if lowered.startswith(start)), "OpenAI")
