"""An answer while a language model composes it, as the chat page shows it. Imports no Gradio."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from app.answering.types import Answer, Turn
from app.composing.events import Event, grown
from app.web.service.service import Service


async def composed(
    service: Service, answer: Answer, history: Sequence[Turn] = (), documents: Sequence[str] = ()
) -> AsyncIterator[Answer]:
    """Yields the answer with the composed sentences that have passed so far (at first none), and last the whole answer.

    `history` holds the turns before its question, `documents` the ids that the search was limited to. Yields nothing
    if no model composes.
    """
    if not service.composes:
        return
    arrived: asyncio.Queue[Event | None] = asyncio.Queue()
    task = asyncio.create_task(service.compose(answer, arrived.put_nowait, history=history, documents=documents))
    task.add_done_callback(lambda _: arrived.put_nowait(None))
    so_far = replace(answer, sentences=(), citations=())
    try:
        yield so_far
        while (event := await arrived.get()) is not None:
            if event.sentence is not None:
                so_far = grown(so_far, event)
                yield so_far
        yield await task
    finally:
        task.cancel()
