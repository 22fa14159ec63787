"""A believable morning: invented people of an invented kettle maker, for looking at pages and acting in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from responder.cases.ranking import rank_key
from responder.models import Brand, Case, Watch
from tests.factories import make_author, make_case, make_mention, make_watch

PEOPLE: list[dict[str, Any]] = [
    {
        "name": "Rosalind Achterberg",
        "wants": ("complaint", 0.94),
        "handle": "rosalind.sky.example",
        "followers": 48_200,
        "source": "bluesky",
        "p": 0.96,
        "ago": 14,
        "lang": "en",
        "text": "Third Lumen kettle in a year and the lid just came off in my hand, full of boiling water. "
        "I have asked for a safety recall twice. Nobody answers.",
    },
    {
        "name": "Νίκη Βαρδάκη",
        "wants": ("complaint", 0.88),
        "handle": "niki_v",
        "followers": 940,
        "source": "x",
        "p": 0.91,
        "ago": 35,
        "lang": "el",
        "text": "Τρεις εβδομάδες περιμένω το ανταλλακτικό από τη Lumen και κάθε φορά μου λένε «αύριο». Ντροπή.",
    },
    {
        "name": "hazim",
        "wants": ("question", 0.56),
        "handle": "hazim_kopi",
        "followers": None,
        "source": "mastodon",
        "p": 0.84,
        "ago": 52,
        "lang": "ms",
        "text": "Cerek Lumen baru beli minggu lepas dah bocor. Nak tukar kena bayar pos sendiri pulak??",
    },
    {
        "name": "Derya K.",
        "wants": ("praise", 0.44),
        "handle": "deryakahve",
        "followers": 12_900,
        "source": "x",
        "p": 0.55,
        "ago": 75,
        "lang": "tr",
        "unsure": "the two likeliest feelings are too close",
        "text": "Lumen su ısıtıcısı tam üç dakikada kaynatıyor, komşular da uyanıyor sağ olsun",
    },
    {
        "name": "u/teapot_engineer",
        "wants": ("suggestion", 0.61),
        "handle": "teapot_engineer",
        "followers": None,
        "source": "reddit",
        "p": 0.78,
        "ago": 160,
        "lang": "en",
        "text": "Took apart the Lumen 2 after the second leak. The seal sits a good millimetre too low, which is why it "
        "drips once the spring warms up.\n\nWhat I found:\n1. seal ring: wrong size for the groove\n2. spring: fine\n"
        "3. the thermostat cuts out at 92 degrees, so it never really boils\n\n"
        + "Photos and measurements follow. "
        * 12,
    },
    {
        "name": "Brigitte",
        "wants": ("complaint", 0.9),
        "handle": None,
        "followers": None,
        "source": "app_store",
        "p": 0.88,
        "ago": 300,
        "lang": "de",
        "rating": 1.0,
        "text": "Absturz nach jedem Update. Die App findet meinen Wasserkocher nicht mehr und der Knopf am Gerät geht ohne App nicht.",
    },
    {
        "name": "Teo Marchetti",
        "wants": ("praise", 0.77),
        "handle": "teo",
        "followers": 220,
        "source": "hacker_news",
        "p": 0.2,
        "ago": 420,
        "lang": "en",
        "text": "Say what you like about their app, the repair manual Lumen put online last month is the best I have seen for a kettle.",
    },
    {
        "name": "María José",
        "handle": "mjose",
        "followers": 3100,
        "source": "bluesky",
        "p": 0.05,
        "ago": 900,
        "lang": "es",
        "text": "Mi abuela tiene 91 años y la tetera Lumen es lo único con botones que entiende. Gracias de verdad.",
    },
]


def set_scene(session: Session, brand: Brand, *, now: Any) -> Watch:
    """Fill a brand with the morning, each person a case of the watch that is returned."""
    watch = make_watch(session, brand, name="Lumen", query={"text": "lumen"})
    for person in PEOPLE:
        say(session, brand, watch, now=now, **person)
    return watch


def say(
    session: Session,
    brand: Brand,
    watch: Watch,
    *,
    now: Any,
    text: str,
    p: float | None,
    name: str = "Somebody",
    handle: str | None = None,
    followers: int | None = None,
    source: str = "x",
    ago: int = 0,
    lang: str = "en",
    unsure: str | None = None,
    rating: float | None = None,
    wants: tuple[str, float] | None = None,
) -> Case:
    """Let one person say something `ago` minutes before `now`; open their case. `wants` None: nobody judged that."""
    at = now - timedelta(minutes=ago)
    author = make_author(session, brand, name=name, handle=handle, followers=followers, source=source, posts=812)
    mention = make_mention(
        session,
        brand,
        watch=watch,
        author=author,
        source=source,
        text=text,
        url=f"https://{source.replace('_', '-')}.example/post/{author.id}",
        p_negative=p,
        created_at=at,
        rating=rating,
        likes=None if followers is None else followers // 400,
    )
    mention.opinion_language = mention.language = lang
    mention.abstained = None if p is None else unsure is not None
    mention.abstain_reason = unsure
    mention.intent, mention.intent_confidence = wants or (None, None)
    case = make_case(session, lead=mention, watch=watch, followers=followers)
    case.rank_key = rank_key(p_negative=p, followers=followers, lead_at=at)
    return case
