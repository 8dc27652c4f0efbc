"""The world everybody starts with: two accounts in two regions, each with an old job.

The job matters: a checkpoint can only be copied to an account that has trained before.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ftops.emulator import files, jobs, settings
from ftops.emulator.clock import START

if TYPE_CHECKING:
    from ftops.emulator.world import World

AGE = 30 * 86_400.0
"""How long before the world's beginning the old jobs were started, in seconds."""

BASE = "gpt-4o-mini-2024-07-18"
QUESTIONS = (
    ("Where is my parcel?", "It left our warehouse yesterday and arrives tomorrow."),
    ("Can I return a shirt?", "Yes, within 30 days, unworn and with its label."),
    ("Do you ship to Norway?", "Yes, delivery to Norway takes four working days."),
    ("How do I change my address?", "Open your profile, choose Addresses and edit the entry."),
    ("The zip is broken.", "I am sorry. Send us a photo and we replace the jacket."),
    ("Which sizes are there?", "This model comes in sizes S to XXL."),
    ("Is the mug dishwasher safe?", "Yes, up to 60 degrees."),
    ("I forgot my password.", "Use the link below the login form to set a new one."),
    ("Do you have gift cards?", "Yes, from 10 to 200 euros, sent by mail within minutes."),
    ("When are you open?", "Our shop is open from Monday to Saturday, 9 to 18."),
)


def populate(world: World) -> None:
    for name in settings.populate(world):
        _old_job(world, name)


def _old_job(world: World, account: str) -> None:
    world.time = START - AGE
    rows = [
        {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}
        for question, answer in QUESTIONS
    ]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    file = files.add(
        world, account, filename="shop-questions.jsonl", purpose="fine-tune", size=len(data), pieces=[data]
    )
    hyperparameters = {"n_epochs": 3, "batch_size": 1, "learning_rate_multiplier": 1}
    wire = {
        "hyperparameters": hyperparameters,
        "seed": 42,
        "trainingType": "standard",
        "status": "",
        "model": BASE,
        "training_file": file.id,
    }
    jobs.add(world, account, wire, BASE)
