#!/usr/bin/env python3
"""tutorial.py {queue|no-queue} URI CHUNK: what the daemon replaces, as a baseline for benchmarks.

The two programs of the tutorial (live_test.py and no_queue_version.py of December 2024), step for step,
for the websockets and PyAudio of Debian: a thread for each read of the microphone and each write to the
speaker, JSON by the standard library, and no ear for `interrupted`. CHUNK is its author's 512 or another
number of frames at 16 kHz. $SSL_CERT_FILE names the authority; $GEMINI_API_KEY is the key.
"""

import asyncio
import base64
import json
import os
import sys

import pyaudio
import websockets
from websockets.version import version

MODEL = "gemini-2.0-flash-exp"
PATH = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContent"
RATE = 16000
# Its name since version 14, and the one before.
HEADERS = "additional_headers" if int(version.split(".")[0]) >= 14 else "extra_headers"


class GeminiVoice:
    def __init__(self, uri, chunk):
        self.audio_queue = asyncio.Queue()
        self.uri = f"{uri}{PATH}?key={os.environ['GEMINI_API_KEY']}"
        self.chunk = chunk
        self.ws = None

    async def start(self, with_queue):
        self.ws = await websockets.connect(self.uri, **{HEADERS: {"Content-Type": "application/json"}})
        await self.ws.send(json.dumps({"setup": {"model": f"models/{MODEL}"}}))
        await self.ws.recv()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.capture_audio())
            if with_queue:
                tasks.create_task(self.stream_audio())
                tasks.create_task(self.play_response())
            else:
                tasks.create_task(self.recv_model_audio())

    async def capture_audio(self):
        stream = pyaudio.PyAudio().open(
            format=pyaudio.paInt16, channels=1, rate=RATE, input=True, frames_per_buffer=self.chunk
        )
        while True:
            data = await asyncio.to_thread(stream.read, self.chunk)
            chunk = {"data": base64.b64encode(data).decode(), "mime_type": "audio/pcm"}
            await self.ws.send(json.dumps({"realtime_input": {"media_chunks": [chunk]}}))

    @staticmethod
    def speaker():
        return pyaudio.PyAudio().open(format=pyaudio.paInt16, channels=1, rate=24000, output=True)

    async def answers(self):
        async for message in self.ws:
            response = json.loads(message)
            try:
                yield base64.b64decode(response["serverContent"]["modelTurn"]["parts"][0]["inlineData"]["data"])
            except KeyError:
                pass

    # live_test.py
    async def stream_audio(self):
        async for audio in self.answers():
            self.audio_queue.put_nowait(audio)

    async def play_response(self):
        stream = self.speaker()
        while True:
            await asyncio.to_thread(stream.write, await self.audio_queue.get())

    # no_queue_version.py
    async def recv_model_audio(self):
        stream = self.speaker()
        async for audio in self.answers():
            await asyncio.to_thread(stream.write, audio)


if __name__ == "__main__":
    asyncio.run(GeminiVoice(sys.argv[2], int(sys.argv[3])).start(sys.argv[1] == "queue"))
