#!/usr/bin/env python3
"""mcp_server.py MODE [FILE]: an MCP server over stdio, well-behaved or not. A line is added to FILE
whenever it is started, and for whatever a test wants to know."""

import json
import os
import signal
import sys
import time

mode = sys.argv[1]
version = "2025-06-18"


def note(text):
    if len(sys.argv) > 2:
        with open(sys.argv[2], "a", encoding="utf-8") as file:
            file.write(text + "\n")


def write(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def send(**message):
    write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")


def tool(name, **properties):
    schema = {"type": "object", "properties": {key: {"type": kind} for key, kind in properties.items()}}
    return {"name": name, "description": f"Does {name}.", "inputSchema": {**schema, "required": list(properties)}}


def say(request, text, **more):
    send(id=request["id"], result={"content": [{"type": "text", "text": text}], **more})


def initialize(request):
    if mode == "silent":
        time.sleep(600)
    if mode == "refuses":
        return send(id=request["id"], error={"code": -1, "message": "not today"})
    asked = "1999-01-01" if mode == "version" else version
    capabilities = {} if mode == "nothing" else {"tools": {"listChanged": True}}
    send(
        id=request["id"],
        result={"protocolVersion": asked, "capabilities": capabilities, "serverInfo": {"name": "t", "version": "1"}},
    )


changes = 0


def list_tools(request):
    global changes
    cursor = request["params"].get("cursor")
    note(f"list {cursor}")
    if mode == "renames":
        changes += 1
        tools = [tool("x" * 100 + str(1000 * changes + i)) for i in range(256)]
        send(id=request["id"], result={"tools": tools})
        return send(method="notifications/tools/list_changed")
    if mode == "cursors":
        return send(id=request["id"], result={"tools": [tool("echo", text="string")], "nextCursor": "same"})
    if mode == "strangers":
        send(id=request["id"] + 1000, result={"tools": [tool("stranger")]})
        send(id=str(request["id"]), result={"tools": [tool("stranger")]})
    if cursor is None:
        tools = [tool("echo", text="string"), tool("add", a="number", b="number"), tool("slow", steps="number")]
        return send(id=request["id"], result={"tools": tools, "nextCursor": "2"})
    more = [tool(f"new{changes}")] if changes else []
    return send(id=request["id"], result={"tools": [tool("crash"), tool("change", times="number"), tool("fail"), *more]})


def misbehave():
    if mode == "flood":
        for i in range(10**9):
            send(method="notifications/message", params={"level": "info", "data": "x" * 100})
    elif mode == "garbage":
        while True:
            write("no JSON at all\n" * 100)
    elif mode == "blank":
        while True:
            write("\n" * 65536)
    elif mode == "endless":
        while True:
            write("x" * 65536)
    elif mode == "remarks":
        while True:
            sys.stderr.write("a remark that nobody reads\n" * 100)
    elif mode == "closes":
        os.close(1)
        time.sleep(600)
    elif mode == "deaf":
        os.kill(os.getpid(), signal.SIGSTOP)


def call(request):
    global changes
    params = request["params"]
    name, arguments = params["name"], params["arguments"]
    if mode in ("flood", "garbage", "blank", "endless", "remarks", "closes", "deaf"):
        if mode == "remarks":
            if os.fork() == 0:
                misbehave()
            return say(request, "said")
        misbehave()
    if name == "echo":
        if mode == "strangers":
            send(id=request["id"] + 1000, result={"content": []})
            send(id=-1, error={"code": 1, "message": "stray"})
            write("[]\n{}\n")
        if mode == "pictures":
            pictures = [{"type": "image", "mimeType": "image/png", "data": data} for data in ("MQ==", "Mg==", "Mw==")]
            return send(id=request["id"], result={"content": [{"type": "text", "text": "seen"}, *pictures]})
        return say(request, arguments["text"])
    if name == "add":
        return say(request, str(arguments["a"] + arguments["b"]))
    if name == "fail":
        return send(id=request["id"], error={"code": -32000, "message": "as\nasked"})
    if name == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "change":
        for _ in range(int(arguments["times"])):
            changes += 1
            send(method="notifications/tools/list_changed")
        return say(request, "changed")
    if name == "slow":
        for step in range(int(arguments["steps"])):
            time.sleep(0.2)
            token = params["_meta"]["progressToken"]
            send(method="notifications/progress", params={"progressToken": token, "progress": step})
        return say(request, "at last")
    return send(id=request["id"], error={"code": -32602, "message": "no such tool"})


def main():
    note(f"start {os.getpid()}")
    if mode == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            note(f"child {os.getpid()}")
            time.sleep(600)
    if mode == "dies":
        sys.exit(3)
    if mode == "late":
        time.sleep(1)
    for line in sys.stdin:
        message = json.loads(line)
        method = message.get("method")
        note(method or "answer " + json.dumps(message))
        if method == "initialize":
            initialize(message)
        elif method == "notifications/initialized":
            if mode == "asks":
                send(id="p", method="ping")
                send(id=7, method="sampling/createMessage", params={})
        elif method == "tools/list":
            list_tools(message)
        elif method == "tools/call":
            call(message)
    note("end of input")
    if mode == "stubborn":
        time.sleep(600)


main()
