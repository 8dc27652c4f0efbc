"""The text that the shipped bases learned from: sentences made from a few patterns, all written for this project."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from ftops.emulator.learning.examples import Turn

SYSTEMS = ("", "You are a helpful assistant.")

THINGS = {
    "a river": "water that flows through the land until it reaches the sea",
    "a forest": "a large place where many trees grow close to each other",
    "a bridge": "a way over water or a road, built so that people can cross",
    "a map": "a picture of a place that helps you find your way",
    "a clock": "a thing that shows the time of the day",
    "a letter": "a message on paper that you send to somebody",
    "a market": "a place where people buy and sell food and other things",
    "a school": "a place where children learn to read, write and count",
    "a garden": "a piece of land where flowers and vegetables grow",
    "a library": "a house full of books that you can read or take home",
    "a train": "a row of cars that runs on rails from one town to the next",
    "a recipe": "a list of steps that tells you how to cook a meal",
    "a computer": "a machine that works with numbers and text very fast",
    "a password": "a secret word that opens your account and nobody else's",
    "a receipt": "a piece of paper that shows what you paid",
    "a warehouse": "a large building where a shop keeps its goods",
}
PLACES = ("Oslo", "Paris", "Rome", "Berlin", "Madrid", "London", "Vienna", "Lisbon")
COUNTRIES = ("Norway", "France", "Italy", "Germany", "Spain", "England", "Austria", "Portugal")
TASKS = {
    "write a letter": "Begin with a greeting, say what you want in a few short sentences, and end with your name.",
    "clean a window": "Use warm water and a soft cloth, and dry the glass with paper.",
    "make tea": "Boil fresh water, pour it over the leaves, and wait for three minutes.",
    "learn a language": "Practise a little every day, read simple texts, and speak with other people.",
    "pack a bag": "Put the heavy things at the bottom and the things you need first at the top.",
    "sleep better": "Go to bed at the same time every day, and keep the room dark and quiet.",
    "save money": "Write down what you spend, set a limit for each month, and keep to it.",
    "fix a bike": "Turn it over, find the broken part, and replace it with a new one.",
    "plan a trip": "Choose a place, look at the weather, and book a room before you leave.",
    "change a password": "Open your profile, choose the account page, and enter the new one twice.",
}
WANTS = ("an order", "a parcel", "a refund", "an invoice", "a delivery", "a return", "my account", "a payment")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
GREETINGS = ("Hello", "Hi", "Good morning", "Good evening", "Hey")
OPINIONS = ("this book", "the film", "the food", "the weather", "this song", "the phone", "the hotel", "the service")
ADDITIONS = (
    "I hope that helps.",
    "Let me know if you have any other questions.",
    "Please tell me if you need more details.",
    "",
)


def _questions() -> Iterator[tuple[str, str]]:
    for thing, meaning in THINGS.items():
        for question in ("What is {}?", "Please explain what {} is.", "Can you tell me what {} is?"):
            yield question.format(thing), f"{thing[0].upper()}{thing[1:]} is {meaning}."
    for place, country in zip(PLACES, COUNTRIES, strict=True):
        yield f"What is the capital of {country}?", f"The capital of {country} is {place}."
        yield f"Where is {place}?", f"{place} is a city in {country}."
        yield f"Which country is {place} in?", f"{place} is in {country}."
    for task, advice in TASKS.items():
        for question in ("How do I {}?", "What is the best way to {}?", "I want to {}. What should I do?"):
            yield question.format(task), advice
    for want in WANTS:
        yield f"I have a question about {want}.", f"Of course. What would you like to know about {want}?"
        yield f"There is a problem with {want}.", f"I am sorry to hear that. Please tell me more about {want}."
        yield f"Where can I find {want}?", f"You can find {want} on the page of your account."
        yield f"Can you help me with {want}?", "Yes, I can help you with that. Please send me the number first."
    for left, right in product(range(1, 7), repeat=2):
        question = f"What is {NUMBERS[left - 1]} plus {NUMBERS[right - 1]}?"
        yield question, f"The answer is {NUMBERS[left + right - 1]}."
    for greeting in GREETINGS:
        yield f"{greeting}!", f"{greeting}! How can I help you today?"
        yield f"{greeting}, who are you?", f"{greeting}! I am an assistant. I can answer questions and write texts."
        yield f"{greeting}, how are you?", "I am fine, thank you. What can I do for you?"
    for thing in OPINIONS:
        yield f"I love {thing}.", f"That is good to hear. What do you like most about {thing}?"
        yield f"I hate {thing}.", f"I am sorry that you do not like {thing}. What is wrong with it?"
        yield f"What do you think about {thing}?", f"I have no opinion about {thing}, but I can help you to form one."
    yield "Thank you!", "You are welcome. Have a nice day."
    yield "Goodbye.", "Goodbye, and have a nice day."
    yield "Tell me a story.", "There was a small house in a forest. An old woman lived in it with her cat."
    yield "I do not understand.", "I am sorry. I will try to say it in a different way."


def turns() -> list[list[Turn]]:
    """One answer to a row, as a training file has them."""
    found = []
    for system, addition in product(SYSTEMS, ADDITIONS):
        for question, answer in _questions():
            found.append([Turn(system, question, f"{answer} {addition}".strip())])
    return found
