"""The tools over the Model Context Protocol. This is the one module that knows the library ``mcp``.

Source: https://modelcontextprotocol.io/specification
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, cast

import kmgraph
from kmgraph.assistants.metadata import MetadataQueries
from kmgraph.assistants.tools import MOST_ROWS, RESOURCES, Toolbox
from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import KmGraphError, MissingExtraError
from kmgraph.execution import Limits, PooledStore, WorkerPool
from kmgraph.metadata.counting import Counts
from kmgraph.metadata.keeping import kept_counts
from kmgraph.search import SearchIndex, index_path, open_index, with_searches
from kmgraph.stores.base import Answer
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.views import PUBLIC

_INSTRUCTIONS: Final = (
    "Ask a saved question where one fits: its answer names the passages it rests on. Cite what "
    "'cite' says, pass on what 'unverified' says, and read 'not reported' as unknown, never as no."
)
#: Rows that a query may have at most before it is refused.
_REFUSED_ROWS: Final = 10_000


def serve(store: str | Path, *, view: str = PUBLIC, timeout_s: float = 20.0) -> None:
    """Serve a store over standard input and output until the client goes.

    :param store: folder of the store.
    :param view: key of the view that is read.
    :param timeout_s: longest time for a query of a caller.
    :raises MissingExtraError: mcp is not installed.
    """
    _library()
    import anyio

    generations = GenerationStore(store)
    opened = generations.open_view(view)
    limits = Limits(timeout_s=timeout_s, rows=_REFUSED_ROWS)

    def index() -> SearchIndex:
        """Return the index that the store has of the view, or one in memory: nothing is written."""
        if index_path(generations, view).exists():
            return open_index(generations, view)
        return SearchIndex.of(opened)

    with EvidenceDataset(opened, view=view, index=index) as dataset:
        place = generations.generation_dir(dataset.generation) / "views" / view
        pool = WorkerPool(limits)
        metadata = MetadataQueries(generations, view, opened, pool.run)
        try:
            bounded = PooledStore(opened, place, pool.run, view_key=view)

            def select(text: str) -> Answer:
                """Answer a query of a caller, which may search, of the data or of the metadata."""
                if metadata.takes(text):
                    return metadata.query(text)
                return bounded.query(with_searches(text, dataset.search_index))

            def counts() -> Counts | None:
                """Return what is kept of the view; it was counted when it was published."""
                kept = kept_counts(generations, cast(Generation, opened.generation), view)
                return kept.counts[None] if kept else None

            anyio.run(_served, server_for(Toolbox(dataset, select, counts)))
        finally:
            pool.close()
            metadata.close()


async def _served(server: Any) -> None:
    """Serve standard input and output."""
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def server_for(toolbox: Toolbox) -> Any:
    """Return a server of the library that offers tools and resources.

    :raises MissingExtraError: mcp is not installed.
    """
    lowlevel, types = _library()
    from mcp import MCPError

    async def list_tools(context: Any, params: Any) -> Any:
        hints = types.ToolAnnotations(read_only_hint=True, open_world_hint=False)
        return types.ListToolsResult(
            tools=[
                types.Tool(
                    name=one.name,
                    title=one.title,
                    description=one.description,
                    input_schema=dict(one.schema),
                    annotations=hints,
                )
                for one in toolbox.tools()
            ]
        )

    async def call_tool(context: Any, params: Any) -> Any:
        try:
            found = toolbox.call(params.name, params.arguments or {})
        except KmGraphError as error:
            said = types.TextContent(type="text", text=str(error))
            return types.CallToolResult(content=[said], is_error=True)
        text = json.dumps(found, ensure_ascii=False)
        said = types.TextContent(type="text", text=text)
        return types.CallToolResult(content=[said], structured_content=found)

    async def list_resources(context: Any, params: Any) -> Any:
        return types.ListResourcesResult(
            resources=[
                types.Resource(
                    uri=address,
                    name=address.rpartition("/")[2],
                    description=said,
                    mime_type="application/json",
                )
                for address, said in RESOURCES.items()
            ]
        )

    async def read_resource(context: Any, params: Any) -> Any:
        try:
            text = toolbox.read(str(params.uri))
        except KmGraphError as error:
            raise MCPError(code=types.INVALID_PARAMS, message=str(error)) from error
        body = types.TextResourceContents(uri=params.uri, mime_type="application/json", text=text)
        return types.ReadResourceResult(contents=[body])

    return lowlevel.Server(
        "kmgraph",
        version=kmgraph.__version__,
        instructions=f"{_INSTRUCTIONS} At most {MOST_ROWS} rows of a query are shown.",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_read_resource=read_resource,
    )


def _library() -> tuple[Any, Any]:
    """Return the modules of the library with its server and its types."""
    try:
        import mcp.server.lowlevel
        import mcp.types
    except ImportError as error:
        raise MissingExtraError("mcp", "mcp") from error
    return mcp.server.lowlevel, mcp.types
