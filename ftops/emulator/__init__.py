"""A stand-in for the fine-tuning part of Azure OpenAI: both planes, own storage, own clock.

It is a stranger to the rest of ftops: it imports nothing from it, so that the two cannot agree by accident.
"""

from ftops.emulator.app import create_app
from ftops.emulator.errors import EmulatorError
from ftops.emulator.world import World

__all__ = ["EmulatorError", "World", "create_app"]
