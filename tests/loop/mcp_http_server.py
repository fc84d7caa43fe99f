#!/usr/bin/env python3
"""mcp_http_server.py NOTES: an MCP server over streamable HTTP on a free port of this machine, which
it prints. The path of the address says how it behaves; NOTES gets a line for each request."""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lost = threading.Event()
streams = 0


def note(text):
    with open(sys.argv[1], "a", encoding="utf-8") as file:
        file.write(text + "\n")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, kind="application/json", body=b"", length=None, **headers):
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        if length is not False:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        else:
            self.close_connection = True
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def answer(self, request, result, **headers):
        body = json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}, indent=1).encode()
        self.reply(200, body=body, **headers)

    def do_POST(self):
        mode = self.path[1:]
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method = request.get("method")
        session, version = self.headers["Mcp-Session-Id"], self.headers["MCP-Protocol-Version"]
        note(f"POST {method} {session} {version} {self.headers['Authorization']}")
        if mode == "redirect":
            return self.reply(307, Location="http://127.0.0.1:1/elsewhere")
        if mode == "forbidden":
            error = {"jsonrpc": "2.0", "id": None, "error": {"code": -1, "message": "bad\ntoken"}}
            return self.reply(401, body=json.dumps(error).encode())
        if method == "initialize":
            spoken = "2025-06-18\r\nX-Evil: yes" if mode == "evil" else "2025-06-18"
            result = {"protocolVersion": spoken, "capabilities": {"tools": {"listChanged": True}}}
            return self.answer(request, {**result, "serverInfo": {"name": "t", "version": "1"}}, Mcp_Session_Id="s-1")
        if "id" not in request:
            if method == "notifications/initialized":
                time.sleep(0.3)  # what comes after it must not overtake it
                note("initialized")
            elif mode == "hang":
                self.connection.recv(1)
                return note(f"gave up {method}")
            return self.reply(202, kind=None)
        if method == "tools/list":
            names = ["echo"] + (["fresh"] if streams else [])
            return self.answer(request, {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in names]})
        return self.call(mode, request)

    def call(self, mode, request):
        text = {"content": [{"type": "text", "text": request["params"]["arguments"].get("text", "")}]}
        message = json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": text})
        if mode == "events":
            middle = message.index(",") + 1
            notice = '{"method":"notifications/message","params":{}}'
            body = f": hello\r\nid: 1\r\ndata: {notice}\r\n\r\nevent: other\ndata: not for us\n\n"
            body += f"data: {message[:middle]}\rdata: {message[middle:]}\r\r"
            return self.reply(200, "text/event-stream", body.encode(), length=False)
        if mode == "longer":
            self.reply(200, body=message.encode(), length=len(message) + 1000)
            self.close_connection = True
        elif mode == "shorter":
            self.reply(200, body=message.encode(), length=10)
            self.close_connection = True
        elif mode == "endless":
            self.reply(200, "application/json", length=False)
            self.flood(b"x" * 65536)
        elif mode == "endless-event":
            self.reply(200, "text/event-stream", length=False)
            self.flood(b"data: " + b"x" * 1000 + b"\n")
        elif mode == "comments":
            self.reply(200, "text/event-stream", length=False)
            self.flood(b": no message\n" * 10000)
        elif mode == "flood":
            self.reply(200, "text/event-stream", length=False)
            self.flood(b'data: {"method":"notifications/message","params":{}}\n\n' * 100)
        elif mode == "silent-end":
            self.reply(200, "text/event-stream", b"data: {}\n\n", length=False)
        elif mode == "garbage":
            self.reply(200, body=b"\xff\x00garbage")
        elif mode == "error":
            self.reply(500, "text/html", b"<html>" * 100000)
        elif mode == "hang" and not request["params"]["arguments"]:
            time.sleep(600)
        elif mode == "stays":
            self.reply(200, "text/event-stream", f"data: {message}\n\n".encode(), length=False)
            self.connection.recv(1)
        elif mode == "lost" and not lost.is_set():
            lost.set()
            self.reply(404)
        else:
            self.reply(200, body=message.encode())

    def flood(self, piece):
        try:
            while True:
                self.wfile.write(piece)
        except OSError:
            note("flood ended")

    def do_GET(self):
        global streams
        note(f"GET {self.headers['Mcp-Session-Id']} {self.headers['Last-Event-ID']}")
        if self.path != "/notices":
            return self.reply(405)
        streams += 1
        changed = b'retry: 10\nid: e%d\ndata: {"method":"notifications/tools/list_changed"}\n\n' % streams
        self.reply(200, "text/event-stream", changed, length=False)

    def do_DELETE(self):
        note(f"DELETE {self.headers['Mcp-Session-Id']}" + (" evil" if self.headers["X-Evil"] else ""))
        self.reply(200, kind=None)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
