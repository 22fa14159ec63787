"""What each rule of the reply check asks, in the order in which findings are shown (SCIENCE 4). Pure.

A rule yields why a reply does not hold it and how to mend that, in sentences for people. It is silent where the thing
is not due (praise needs no apology) and where it cannot tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from listeners.lengths import COUNTS
from responder.drafts import languages, likeness
from responder.drafts.draft import Draft
from responder.drafts.naming import is_bare, names_it
from responder.drafts.personal import WORDS, private_parts
from responder.drafts.reading import Sentence, clauses
from responder.drafts.signing import is_signed_by, signers
from responder.drafts.wants import Want
from responder.eligibility.rules import rule_of

Reasons = Iterator[tuple[str, str]]
"""Why a reply does not hold a rule, and how to mend it."""

SHORT_PLACES = frozenset({"x", "twitter", "bluesky", "mastodon"})
SHORT, LONG = 280, 600
"""Characters that are read to their end, in posts and elsewhere (SCIENCE 4)."""

_CLOCK = re.compile(r"(?<![\d./:])\d{1,2}[:/]\d{2}(?![\d./:%])")
_QUOTED = 60
_OPENING_WORDS = 5
_GREETING_WORDS = 3
_CAPITALS = re.compile(r"(?<!\w)[^\W\d_a-z]{2,}(?:[\s,.!?'’-]+[^\W\d_a-z]{2,})+(?!\w)")
_SHOUTED_LETTERS = 11
_SHOUTED_WORDS = 2
_EXCLAIMED = re.compile(r"!\s?!\s?!|[!?]{4,}")
_MOCKING = re.compile("[\U0001f644\U0001f921\U0001f643\U0001f602\U0001f923\U0001f612\U0001f624\U0001f595]")


def names_the_problem(draft: Draft) -> Reasons:
    """A complaint is answered in the customer's own words."""
    if draft.want is Want.UNHAPPY and _judges_words(draft) and names_it(draft.asked, draft.sentences) is False:
        yield (
            "It does not say what went wrong, so it could stand under any complaint.",
            "Name the problem in the customer's own words.",
        )


def apology(draft: Draft) -> Reasons:
    """A complaint gets one apology, for what happened."""
    generic = [
        each
        for sentence in draft.sentences
        if draft.said("apology", sentence)
        for each in draft.said("generic", sentence)
    ]
    if generic:
        yield (
            f"“{_cut(generic[0].quote)}” apologises for nothing in particular.",
            "Apologise for what happened, by name.",
        )
    made = draft.everywhere("apology")
    if len(made) > 1:
        yield (
            f"It apologises {len(made)} times (“{_cut(made[0].quote)}”, “{_cut(made[1].quote)}”).",
            "Apologise once, and say what for.",
        )
    if draft.want is not Want.UNHAPPY or not _knows(draft):
        return
    if not made and not generic:
        yield "It answers a complaint without an apology.", "Say once that you are sorry, and what for."
    elif not generic and _is_bare_apology(draft):
        yield f"“{_cut(made[0].quote)}” does not say what for.", "Apologise for what happened, by name."


def next_step(draft: Draft) -> Reasons:
    """A complaint hears what happens next, and by when; whatever is promised has a time."""
    if draft.want is Want.PLEASED or not _knows(draft) or _has_time(draft):
        return
    vague = draft.everywhere("vague")
    promised = draft.everywhere("promise")
    if draft.want is Want.UNHAPPY and any(draft.said("done", each) for each in _unapologetic(draft)):
        return
    if draft.want is Want.UNHAPPY or promised:
        if vague or promised:
            why = f"“{_cut((vague or promised)[0].quote)}” gives no time."
        else:
            why = "It does not say what happens next."
        yield why, "Say what you do next and by when: a day, an hour, or how long it takes."


def speaker(draft: Draft) -> Reasons:
    """A person speaks, and says who."""
    signed = signers(draft.text)
    if draft.speaker and draft.speaker.strip():
        if is_signed_by(draft.speaker, draft.text):
            return
        if signed:
            yield f"It is signed “{_cut(signed[-1])}”, but {draft.speaker} speaks.", f"Sign it as {draft.speaker}."
        else:
            yield f"It does not say that {draft.speaker} speaks.", f"Sign it: {draft.speaker}, or the initials."
    elif not [name for name in signed if not _is_of_the_mention(name, draft)]:
        yield "It does not say who speaks.", "Sign it with a name or initials: a team is nobody."


def language(draft: Draft) -> Reasons:
    """The answer is in the customer's language."""
    theirs, told = draft.theirs, draft.told
    if theirs is None or told is None or languages.is_same(theirs, told):
        return
    if languages.is_same(told, languages.told(" ".join(each.text for each in draft.asked))):
        return  # what was told of the customer is wrong, or they use both
    yield f"The customer writes {_named(theirs)}, the reply is {_named(told)}.", f"Answer in {_named(theirs)}."


def length(draft: Draft) -> Reasons:
    """It is short enough to be read, and to be let in."""
    rule = rule_of(draft.source or "")
    counted = COUNTS[rule.counting](draft.reply)
    if rule.length is not None and counted > rule.length:
        yield (
            f"It has {counted:,} of the {rule.length:,} {_UNITS[rule.counting]} that {rule.title} allows.",
            f"Cut {counted - rule.length:,}.",
        )
        return
    most = SHORT if (draft.source or "").strip().casefold() in SHORT_PLACES else LONG
    shown = COUNTS[rule.counting if rule.counting != "bytes" else "characters"](draft.reply)
    if shown > most:
        yield f"It has {shown:,} characters; more than {most} are rarely read here.", f"Cut {shown - most:,}."


def tone(draft: Draft) -> Reasons:
    """It opens with the customer rather than with a refusal, and neither shouts nor mocks."""
    opening = _opening(draft)
    opener = [each for each in draft.said("opener", opening) if _words_before(opening, each.start) < _OPENING_WORDS]
    starts = [each for each in opener if _words_before(opening, each.start) <= _after_greeting(opening, each.end)]
    if starts:
        yield (
            f"It opens with “{_cut(starts[0].quote)}”.",
            "Open with what happened to the customer; say what is not possible later, with what is.",
        )
    sharp = [] if draft.want is Want.PLEASED else draft.everywhere("sharp")
    for each in sharp[:1]:
        yield f"“{_cut(each.quote)}” sounds as if the customer were not taken seriously.", "Leave it out."
    if shouted := _shouted(draft.text):
        yield f"“{_cut(shouted)}” shouts.", "Write it without capitals and with one mark at most."
    if draft.want is Want.UNHAPPY and (mocking := _MOCKING.search(draft.text)):
        yield f"“{mocking[0]}” may be read as mockery.", "Leave it out."


def personal_data(draft: Draft) -> Reasons:
    """Nothing of anybody's data stands in public or is asked for there, and no secret."""
    shown: set[str] = set()
    for kind, quote in private_parts(draft.text, draft.sentences):
        if kind in shown:
            continue
        shown.add(kind)
        mend = "Ask for it in a private message, and say so." if kind == "asked" else "Leave it out."
        yield f"“{_cut(quote)}” is {WORDS[kind]}.", mend


def compensation(draft: Draft) -> Reasons:
    """What somebody gets for their trouble is nobody else's business, and invites complaints."""
    for offered in draft.everywhere("compensation")[:1]:
        yield (
            f"“{_cut(offered.quote)}” offers compensation in public.",
            "Leave it out, and offer it in a private message. Giving back what was taken wrongly may be said.",
        )


def blame(draft: Draft) -> Reasons:
    """Nobody is told that it is their own fault."""
    for blamed in draft.everywhere("blame")[:1]:
        yield f"“{_cut(blamed.quote)}” puts the blame on the customer.", "Say what you do about it instead."


def near_copy(draft: Draft) -> Reasons:
    """It was written for this customer."""
    found = likeness.nearest(draft.reply, draft.previous)
    if found and found[0] > likeness.CEILING:
        yield (
            f"It is {found[0]:.0%} the same as an answer given before: “{_cut(' '.join(found[1].split()))}”.",
            "Write it anew, from what this customer says.",
        )


RULES: Mapping[str, Callable[[Draft], Reasons]] = MappingProxyType(
    {
        rule.__name__: rule
        for rule in (
            names_the_problem,
            apology,
            next_step,
            speaker,
            language,
            length,
            tone,
            personal_data,
            compensation,
            blame,
            near_copy,
        )
    }
)
"""Every rule by its name."""

OF_WORDS = ("names_the_problem", "apology", "next_step", "tone", "compensation", "blame")
"""Rules that know a reply by its phrases: silent in languages that the phrases do not know."""

_UNITS = {
    "x": "characters, as X counts,",
    "mastodon": "characters, as Mastodon counts,",
    "graphemes": "characters",
    "bytes": "bytes",
    "characters": "characters",
}

_LANGUAGES = {
    "en": "English",
    "ms": "Malay",
    "id": "Indonesian",
    "el": "Greek",
    "tr": "Turkish",
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "pt": "Portuguese",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "ru": "Russian",
    "ar": "Arabic",
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
    "hi": "Hindi",
}


def _named(language: str) -> str:
    return _LANGUAGES.get(language.split("-", maxsplit=1)[0].casefold(), language)


def _knows(draft: Draft) -> bool:
    return bool(draft.spoken)


def _judges_words(draft: Draft) -> bool:
    """Tell whether the words of reply and mention can be compared: both are in one language that the phrases know."""
    return _knows(draft) and (draft.told is None or draft.theirs is None or languages.is_same(draft.told, draft.theirs))


def _is_bare_apology(draft: Draft) -> bool:
    if names_it(draft.asked, draft.sentences) is not False:
        return False
    return all(is_bare(each) for each in draft.sentences if draft.said("apology", each))


def _unapologetic(draft: Draft) -> Iterator[Sentence]:
    """Yield the clauses that do not apologise: what an apology is for lies behind."""
    for sentence in draft.sentences:
        for clause in clauses(sentence):
            if not draft.said("apology", clause):
                yield clause


def _has_time(draft: Draft) -> bool:
    """Tell whether a clause says when something will be: not when it was, nor when it always is."""
    return any(
        (draft.said("time", each) or _CLOCK.search(each.text)) and not draft.said("other_time", each)
        for each in _unapologetic(draft)
    )


def _opening(draft: Draft) -> Sentence:
    """Return the first sentence that is more than a greeting."""
    longer = (each for each in draft.sentences if len(each.folded) > _GREETING_WORDS)
    return next(longer, draft.sentences[0] if draft.sentences else Sentence((), (), ()))


def _words_before(sentence: Sentence, start: int) -> int:
    return sentence.words.count(" ", 0, start + 1) - 1


def _after_greeting(sentence: Sentence, end: int) -> int:
    """Return at which word of a sentence an opener may begin at the latest: after a greeting and a name, if any."""
    del end
    first = sentence.tokens[0] if sentence.tokens else ""
    greeted = next((place for place, token in enumerate(sentence.tokens[:4]) if token[-1:] in ",!:"), None)
    if greeted is None:
        return 1 if first else 0
    return greeted + 2


def _shouted(text: str) -> str | None:
    if exclaimed := _EXCLAIMED.search(text):
        return text[max(0, exclaimed.start() - 20) : exclaimed.end()].strip()
    for match in _CAPITALS.finditer(text):
        words = [word for word in re.findall(r"[^\W\d_]+", match[0]) if word.isupper()]
        if len(words) >= _SHOUTED_WORDS and sum(map(len, words)) >= _SHOUTED_LETTERS:
            return match[0]
    return None


def _is_of_the_mention(name: str, draft: Draft) -> bool:
    """Tell whether a signature repeats a name of the mention, the brand's most likely."""
    words = {word for each in draft.asked for word in each.folded}
    return any(word in words for word in name.casefold().split())


def _cut(quote: str) -> str:
    return quote if len(quote) <= _QUOTED else f"{quote[: _QUOTED - 1].rstrip()}…"
