"""Tools for assistants: the saved questions and the data, to be read by the Model Context Protocol.

>>> tool_name("cq-031")
'cq_031'
"""

from __future__ import annotations

from kmgraph.assistants.schemas import input_schema, tool_name
from kmgraph.assistants.serving import serve, server_for
from kmgraph.assistants.tools import Toolbox, ToolDescription

__all__ = ["ToolDescription", "Toolbox", "input_schema", "serve", "server_for", "tool_name"]
