from __future__ import annotations

import random
import time
import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listeners.folding import word_run
from responder.sharers.traces import LONGEST_READ, Trace, trace

PHRASES = tomllib.loads(resources.files("responder.sharers").joinpath("phrases.toml").read_text(encoding="utf-8"))
KINDS = {"common", "personal", "endings", "not_personal", "selling", "hints"}

SAID = "My Halvanto dryer stopped again on Tuesday and the engineer never came, so the washing hangs in the kitchen"


@pytest.mark.parametrize(
    "copy",
    [
        SAID.upper(),
        f"RT @somebody: {SAID}!!! 😡😡",
        f"{SAID} https://example.com/a?b=1",
        f"@HalvantoHelp {SAID} #halvanto #fail",
        SAID.replace("dryer", "dryer,").replace("and", "&"),
        SAID.replace("so the", "so"),
        f"14:02 {SAID} (2/2)",
    ],
)
def test_a_copy_dressed_up_has_the_same_mark(copy):
    assert trace(copy).mark == trace(SAID).mark


def test_a_template_with_other_numbers_and_prices_has_the_same_mark():
    one = "Halvanto Drum washing machine only €399 today, was €459, order before 18:00 https://example.com/1"
    other = "Halvanto Drum washing machine only 289 € today, was 349 €, order before 20:30 https://example.com/2"
    assert trace(one).mark == trace(other).mark


def test_other_words_have_another_mark():
    marks = {
        trace(text).mark
        for text in (
            SAID,
            "My Halvanto oven is the best thing in this kitchen, the engineer who fitted it was lovely",
            "Has anybody else waited nine weeks for a door seal? Asking for a very wet floor",
            "Die Maschine steht seit Dienstag still und der Techniker war wieder nicht da",
        )
    }
    assert len(marks) == 4


@pytest.mark.parametrize(
    "text", ["", "😡😡😡", "07:42: +7.", "so good", "love it so much", "@a @b #c #d https://example.com"]
)
def test_too_few_words_leave_no_mark(text):
    assert trace(text).mark is None


def test_most_marks_outlive_words_put_before_or_behind():
    draw = random.Random(3)
    words = f"{SAID} they charged twice refused refund called seven times waited hours nobody answered".split()
    kept = 0
    for _ in range(200):
        text = " ".join(draw.sample(words, 16))
        kept += trace(text).mark == trace(f"Please read this: {text} What now?").mark
    assert kept > 120


def test_a_writing_without_spaces_is_marked_too():
    said = "我的洗衣机上周又坏了维修师傅一直没有来厨房里全是水真的很生气"
    assert trace(said).mark == trace(f"{said}！！！😡 https://example.com/x").mark
    assert trace(said).mark != trace("这台烤箱非常好用昨天做了一个大蛋糕全家人都很喜欢吃").mark


@given(st.text(st.characters(), max_size=300))
def test_a_mark_fits_a_column_and_any_text_leaves_a_trace(text):
    found = trace(text)
    assert found.mark is None or -(2**63) <= found.mark < 2**63
    assert found == trace(text)


def test_the_platform_knows_best_how_many_links_there_are():
    assert trace("see https://example.com").linked
    assert not trace("see https://example.com", links=0).linked
    assert trace("see the picture", links=1).linked
    assert not trace("see the picture").linked


@pytest.mark.parametrize(
    "text",
    [
        "I waited three hours and nobody came",
        "we bought a dryer in May and it died in June",
        "Still waiting. Day twelve.",
        "my husband has fixed it with tape",
        "Saya dah tunggu dua minggu, mesin masih rosak",
        "pesananku belum sampai juga",
        "Περιμένω τρεις εβδομάδες τον τεχνικό",
        "μου χάλασε το πλυντήριο πάλι",
        "Üç haftadır servis bekliyorum, kimse aramadı",
        "Geçen ay aldım, şimdi çalışmıyor bu makine",
        "Llevo dos semanas sin lavadora y no me llaman",
        "Ich warte seit drei Wochen auf den Techniker",
        "J'attends mon remboursement depuis un mois",
        "Comprei em maio e já não funciona",
        "Ho comprato la lavatrice e dopo un mese non va più",
        "Ik wacht al drie weken op een monteur",
        "اشتريت الغسالة قبل شهر وما تشتغل",
        "मेरी मशीन फिर से खराब हो गई है",
    ],
)
def test_who_tells_of_themselves_is_personal(text):
    assert trace(text) == Trace(mark=trace(text).mark, linked=False, personal=True, selling=False)


@pytest.mark.parametrize(
    "text",
    [
        "Halvanto opens second repair hub, promises parts in five days",
        '"I waited nine weeks for a door seal": readers on Halvanto spare parts',
        "Halvanto ruft Trockner zurück: Riemenschutz kann sich lösen",
        "DM me for the full list, my link is below",
        "07:42 from Castlebeck: 12 minutes late",
    ],
)
def test_news_quotes_and_pitches_are_not_personal(text):
    assert not trace(text).personal


def test_a_language_nobody_listed_is_no_reason_to_doubt_a_person():
    assert trace("Pralka znów się zepsuła, a technik wciąż nie przyjechał").personal
    assert trace("Стиральная машина опять сломалась, мастер так и не пришёл").personal
    assert trace("洗濯機がまた壊れました。修理の人はまだ来ません。").personal


@pytest.mark.parametrize(
    "text",
    [
        "Halvanto Crisp 39.90, use code NEST15 at checkout",
        "Follow us and RT this to win a Halvanto dryer, ends midnight",
        "Entry 1.18, take profit 1.31, stop loss 1.09. Join my channel",
        "Share this before they delete it",
        "Order now, limited stock, we deliver nationwide",
        "Jom follow dan share untuk menang hadiah",
        "Stok terhad, hubungi kami untuk order sekarang",
        "Κάντε follow και share για να κερδίσετε ένα πλυντήριο",
        "Takip et, beğen, arkadaşını etiketle ve kazan",
        "Sorteo: síguenos y dale RT para participar",
        "Gewinnspiel! Folgt uns und retweetet diesen Beitrag",
        "Jeu concours : suivez et retweetez pour gagner",
        "Sorteio! Siga e compartilhe para concorrer",
        "Usa il mio codice, spedizione gratuita, link in bio",
        "Winactie! Volg ons en deel dit bericht",
        "تابعنا واعمل ريتويت للدخول في السحب",
        "फॉलो करें और शेयर करें, जीतें इनाम",
    ],
)
def test_offers_draws_and_signals_are_selling(text):
    found = trace(text)
    assert found.selling
    assert not found.personal


@pytest.mark.parametrize(
    "text",
    [
        "Your code doesn't work, Halvanto. I typed it twice",
        "I entered the giveaway and never heard back",
        "paid 459 for it and the price dropped the next day, I am so cross",
        "The offer said free delivery and they charged me 20 €",
        "kargo ücretsiz dediler ama benden 50 TL aldılar",
        "Saya beli masa sale, harga murah tapi rosak",
    ],
)
def test_who_complains_of_an_offer_sells_nothing(text):
    assert not trace(text).selling
    assert trace(text).personal


@pytest.mark.parametrize(
    "text", ['"' * 20_000, "@a-" * 20_000, "“a" * 20_000, "$A" * 20_000, "follow and " * 20_000, "ά" * 90_000]
)
def test_no_text_takes_long(text):
    trace("warm")
    start = time.perf_counter()
    trace(text)
    assert time.perf_counter() - start < 1.0


def test_what_stands_after_the_longest_read_does_not_count():
    text = "word " * (LONGEST_READ // 5)
    assert trace(text + "follow us and retweet to win https://example.com") == trace(text)


@pytest.mark.parametrize("language", PHRASES)
def test_every_phrase_can_be_found(language):
    kinds = PHRASES[language]
    assert kinds.keys() <= KINDS
    for kind in kinds.keys() - {"common"}:
        assert len(set(kinds[kind])) == len(kinds[kind]), kind
        for phrase in kinds[kind]:
            assert word_run(phrase).strip(), phrase


@pytest.mark.parametrize("language", sorted(PHRASES.keys() - {"any"}))
def test_every_language_has_words_of_each_kind(language):
    assert KINDS - {"endings"} <= PHRASES[language].keys()


@pytest.mark.parametrize("language", PHRASES)
def test_nothing_that_sells_is_personal(language):
    folded = {
        kind: {word_run(phrase) for phrase in PHRASES[language].get(kind, ())} for kind in ("personal", "selling")
    }
    assert not folded["personal"] & folded["selling"]
