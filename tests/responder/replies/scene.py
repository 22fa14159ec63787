"""A team, a connection to an invented platform, and a complaint that stands there: what replies are tested with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from listeners.memory import Feed, MemorySource, feed, forget_feed
from listeners.mentions import Kind, Mention
from responder.context import Context
from responder.models import Brand, Case, Connection, Reply, ReplyEvent, Role, User
from responder.models import Mention as Held
from responder.replies import approving, looking, sending, writing
from responder.replies.history import locked
from responder.settings import Sending
from tests.factories import make_brand, make_case, make_connection, make_mention, make_user

COMPLAINT = "My Lumen lamp flickers since Monday and nobody answers."
ANSWER = "Sorry that your lamp flickers, Ada. We send you a new one today. ^Mina"


@dataclass
class Scene:
    """`mina` may send, `noor` needs a colleague. `feed` is the platform; `context.clock` stands still."""

    context: Context
    feed: Feed
    brand: Brand
    connection: Connection
    mina: User
    noor: User
    case: Case
    mention: Held
    keeps_keys: bool
    opened: list[MemorySource] = field(default_factory=list)

    def get(self, _connection: Connection) -> Any:
        """Return the open source: a scene is its own pool."""
        credentials = MemorySource.Credentials(feed=self.connection.name, keeps_keys=self.keeps_keys)
        return MemorySource(credentials)

    def with_sending(self, sending_is: Sending) -> Scene:
        settings = self.context.settings.model_copy(update={"sending": sending_is})
        return replace(self, context=replace(self.context, settings=settings))

    def now(self) -> datetime:
        return self.context.clock()

    def tick(self, **span: float) -> None:
        self.context.clock.tick(**span)  # type: ignore[attr-defined]

    def draft(self, text: str = ANSWER, *, by: User | None = None, **more: Any) -> Reply:
        with self.context.database.writing() as session:
            return writing.draft(
                session,
                **{"brand_id": self.brand.id, "case_id": self.case.id, "text": text, "now": self.now(), **more},
                user_id=(by or self.mina).id,
            )

    def check(self, reply: Reply, *, by: User | None = None, findings: tuple[dict[str, Any], ...] = ()) -> Reply:
        with self.context.database.writing() as session:
            held = locked(session, brand_id=self.brand.id, reply_id=reply.id)
            writing.mark_checked(session, held, findings, user_id=(by or self.mina).id, now=self.now())
            return held

    def approve(self, reply: Reply, *, by: User | None = None, **more: Any) -> Reply:
        with self.context.database.writing() as session:
            return approving.approve(
                session,
                brand_id=self.brand.id,
                reply_id=reply.id,
                user_id=(by or self.mina).id,
                now=self.now(),
                **{"sending": self.context.settings.sending, **more},
            )

    def approved(self, text: str = ANSWER, **more: Any) -> Reply:
        """A reply that its writer had checked and approved."""
        return self.approve(self.check(self.draft(text)), **more)

    def due(self, text: str = ANSWER) -> Reply:
        """A reply that may leave now."""
        reply = self.approved(text)
        self.tick(seconds=30)
        return reply

    def send(self) -> int:
        return sending.send_due(self.context, self)

    def look(self, times: int = 1) -> None:
        """Look as often, each time when the next look is due."""
        for _ in range(times):
            with self.context.database.reading() as session:
                due = session.scalar(select(func.min(Reply.look_at)))
            if due is not None and due > self.now():
                self.tick(seconds=(due - self.now()).total_seconds())
            looking.look_due(self.context, self)

    def reply(self, reply: Reply) -> Reply:
        """The reply as it is now."""
        return self.reply_of(reply.id)

    def reply_of(self, reply_id: int) -> Reply:
        with self.context.database.reading() as session:
            return session.get_one(Reply, reply_id)

    def case_now(self) -> Case:
        with self.context.database.reading() as session:
            return session.get_one(Case, self.case.id)

    def events(self, reply: Reply) -> list[str]:
        with self.context.database.reading() as session:
            return list(session.scalars(select(ReplyEvent.kind).filter_by(reply_id=reply.id).order_by(ReplyEvent.id)))

    def public(self) -> list[str]:
        """Our texts that stand under the complaint, as anybody sees them."""
        return [text for to, text in self.feed.replies.values() if to == self.mention.external_id]


def set_scene(context: Context, *, keeps_keys: bool = True, name: str = "replies") -> Scene:
    """Sending is on. Ends with `forget(scene)`."""
    settings = context.settings.model_copy(update={"sending": Sending.ON})
    context = replace(context, settings=settings)
    with context.database.writing() as session:
        brand = make_brand(session, name="Lumen")
        mina = make_user(session, brand=brand, role=Role.ADMIN, name="Mina Osei")
        noor = make_user(session, brand=brand, role=Role.AGENT, name="Noor Haddad")
        connection = make_connection(session, brand, name=f"{name}-{brand.id}-{id(context)}")
        case = make_case(session, brand, opened_at=context.clock())
        mention = make_mention(
            session,
            brand,
            case=case,
            text=COMPLAINT,
            external_id="complaint-1",
            created_at=context.clock(),
            url="https://example.org/1",
        )
        case.lead_mention_id, case.said_at = mention.id, mention.created_at
        session.flush()
    platform = feed(connection.name)
    platform.now = context.clock
    platform.post(as_heard(mention))
    return Scene(context, platform, brand, connection, mina, noor, case, mention, keeps_keys)


def forget(scene: Scene) -> None:
    forget_feed(scene.connection.name)


def as_heard(mention: Held) -> Mention:
    return Mention(
        source="memory",
        external_id=mention.external_id,
        kind=Kind.POST,
        text=mention.text,
        created_at=mention.created_at.astimezone(UTC),
    )
