"""What the rules judge: a reply, the mention it answers, and what is known of both, read once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from responder.drafts import languages
from responder.drafts.phrasebook import SPOKEN, Said, said
from responder.drafts.reading import Sentence, seen, sentences
from responder.drafts.wants import Want, want


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One reply before it is approved. None is unknown: what was answered, where, in which language, who speaks.

    `previous` are answers given before, the latest last. `p_negative` and `intent` are what is known of the mention.
    """

    reply: str
    mention: str | None = None
    source: str | None = None
    lang: str | None = None
    speaker: str | None = None
    previous: Sequence[str] = ()
    p_negative: float | None = None
    intent: str | None = None

    @cached_property
    def text(self) -> str:
        """The reply as people see it."""
        return seen(self.reply)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        return sentences(self.text)

    @cached_property
    def asked(self) -> tuple[Sentence, ...]:
        """The sentences of the mention."""
        return sentences(seen(self.mention))

    @cached_property
    def told(self) -> str | None:
        """The language of the reply, where its words tell."""
        return languages.told(self.text)

    @cached_property
    def theirs(self) -> str | None:
        """The customer's language: as it is known, else as the words of the mention tell."""
        return self.lang or languages.told(seen(self.mention))

    @cached_property
    def spoken(self) -> frozenset[str]:
        """The languages whose phrases are looked for: the reply's own, and English, which many mix in."""
        own = self.told or self.theirs
        known = {language for language in SPOKEN if languages.is_same(language, own)}
        if own is None:
            return SPOKEN
        return frozenset(known | {"en"}) if known else frozenset()

    @cached_property
    def want(self) -> Want | None:
        """What the mention wants of an answer; None where nothing tells."""
        known = self.lang or languages.told(seen(self.mention))
        is_readable = known is None or any(languages.is_same(known, language) for language in SPOKEN)
        return want(self.asked, self.sentences, p_negative=self.p_negative, intent=self.intent, is_readable=is_readable)

    def said(self, kind: str, sentence: Sentence) -> list[Said]:
        """Return where phrases of a kind stand in a sentence of the reply."""
        return said(kind, sentence, self.spoken)

    def everywhere(self, kind: str) -> list[Said]:
        """Return where phrases of a kind stand in the reply."""
        return [each for sentence in self.sentences for each in self.said(kind, sentence)]
