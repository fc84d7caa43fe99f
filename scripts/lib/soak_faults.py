"""What the service does wrong in a soak test: prints a script of gemini-live-sim (tests/sim/README.md).

  soak_faults.py SEED   every connection gets a fault of its own, drawn at random; most are
                        hand-overs, which the service asks for every few seconds instead of every
                        ten minutes
  soak_faults.py NAME   every connection ends so, for good: forbidden, key, limited, model, quota; or
                        only the first does: deaf, vanished
"""
import base64
import json
import random
import sys

CONNECTIONS = 600  # the soak starts the service anew long before (service_life there)

QUOTA = "You exceeded your current quota, please check your plan and billing details."
ENDINGS = {
    "forbidden": {"on": "connect", "do": "refuse", "status": 403, "body": "Forbidden"},
    "limited": {"on": "connect", "do": "refuse", "status": 429, "body": QUOTA},
    "key": {"on": "ready", "after_ms": 200, "do": "close", "code": 1007,
            "reason": "API key not valid. Please pass a valid API key."},
    "model": {"on": "ready", "after_ms": 200, "do": "close", "code": 1008,
              "reason": "models/x is not found for API version v1beta, or is not supported for bidiGenerateContent."},
    "quota": {"on": "ready", "after_ms": 200, "do": "close", "code": 1011, "reason": QUOTA},
}

ONCE = {
    "deaf": {"on": "ready", "do": "set", "mute": True},
    "vanished": {"on": "ready", "after_ms": 500, "do": "drop", "how": "silent"},
}

CLOSES = [
    (1000, ""),
    (1001, "Going away."),
    (1008, "The operation was aborted."),
    (1008, "Operation is not implemented, or supported, or enabled."),
    (1008, "BidiGenerateContent session not found"),
    (1008, "BidiGenerateContent session expired"),
    (1011, "Deadline expired before operation could complete."),
    (1011, "Internal error encountered."),
    (1011, "The service is currently unavailable."),
]


def hand_over(dice, life):
    left = dice.randint(1500, 3000)
    life = life // 2 + 500
    return [
        {"on": "ready", "after_ms": life, "do": "go_away", "time_left_ms": left, "mute": dice.random() < 0.3},
        {"on": "ready", "after_ms": life + left, "do": "close", "code": 1011,
         "reason": "Deadline expired before operation could complete."},
    ]


def hasty(dice, life):
    """Notice as soon as the connection is there."""
    return [{"on": "ready", "do": "go_away", "time_left_ms": dice.choice([0, 100, 1000, 50000])},
            {"on": "ready", "after_ms": life, "do": "close", "code": 1001, "reason": "Going away."}]


def close(dice, life):
    code, reason = dice.choice(CLOSES)
    return [{"on": "ready", "after_ms": life, "do": "close", "code": code, "reason": reason}]


def drop(dice, life):
    return [{"on": "ready", "after_ms": life, "do": "drop", "how": dice.choice(["fin", "reset"])}]


def refuse(dice, life):
    return [{"on": "connect", "do": "refuse", "status": dice.choice([500, 502, 503]), "body": "try later"}]


def sound(pcm, mime="audio/pcm;rate=24000"):
    data = pcm if isinstance(pcm, str) else base64.b64encode(pcm).decode()
    return {"serverContent": {"modelTurn": {"parts": [{"inlineData": {"mimeType": mime, "data": data}}]}}}


# What is no message at all, or one of which some part is none: each is skipped and counted.
NOT_UTF8 = b'{"serverContent":{"outputTranscription":{"text":"\xff\xc0\xaf"}}}'
NONSENSE = [
    {"do": "malformed"},
    {"do": "malformed", "dribble": True},
    {"do": "garbage"},
    {"do": "garbage", "bytes": 100000, "fragments": 5},
    {"do": "send", "raw": "{\"serverContent\":" + "[" * 10000 + "]" * 10000 + "}"},
    {"do": "send", "raw": "{\"a\":" * 10000},
    {"do": "send", "base64": base64.b64encode(NOT_UTF8).decode()},
    {"do": "send", "json": {"serverContent": 7, "goAway": [], "sessionResumptionUpdate": "no"}},
    {"do": "send", "json": [1, 2, 3]},
    {"do": "send", "json": sound("this is not base64")},
    {"do": "send", "json": sound(bytes(2400), "audio/pcm;rate=16000")},
]
# What is odd, and yet can be understood, or what ends the connection.
ODD = [
    {"do": "send", "json": sound(bytes(1201))},
    {"do": "send", "json": sound(b"x")},
    {"do": "send", "json": {"serverContent": {"outputTranscription": {"text": "slowly"}}}, "dribble": True},
    {"do": "huge"},
    {"do": "huge", "bytes": 10 << 20},
    {"do": "garbage", "frame": "text"},
]

# The biggest come before the memory is judged, and after the daemons that are killed, by number of the
# connection: the heap keeps what they took.
BIG = {22: NONSENSE[3], 23: NONSENSE[4], 24: NONSENSE[5], 25: {"do": "huge", "bytes": 7 << 20}, 26: ODD[4]}


def nonsense(dice, life):
    """In mid-answer, where sound is expected; and where nothing is."""
    return [{"on": "answer_start", "nth": nth, **dice.choice(NONSENSE + ODD)} for nth in (1, 2)] + [
        {"on": "ready", "after_ms": dice.randint(0, 1000), **dice.choice(NONSENSE[:9])}] + hand_over(dice, life)


def no_frame(dice, life):
    return [{"on": "answer_start", "do": "garbage", "frame": "none"}] + hand_over(dice, life)


def mood(dice, life):
    """A service that is merely odd."""
    oddity = dice.choice([
        {"text_frames": True}, {"extra_keys": True}, {"odd_chunks": True}, {"thoughts": True}, {"fragments": 7},
        {"answer_rate": 16000}, {"setup_delay_ms": 1500}, {"think_ms": 1500}, {"pong_delay_ms": 30000},
        {"stall_at_ms": 500, "stall_ms": 1500}, {"interrupt_gap_ms": 800}, {"refuse_resume": True},
    ])
    return [{"on": "connect", "do": "set", **oddity}] + hand_over(dice, life)


def turn(dice, life):
    """An answer that is not as it should be."""
    return [{"on": dice.choice(["text", "speech_end"]), "nth": "every", "do": "set",
             "next": dice.choice(["normal", "empty", "rejected", "premature", "bundled", "in_progress"])},
            {"on": "interrupted", "nth": "every", "do": "late_audio", "audio_ms": 400},
            {"on": "answer_ms", "ms": 700, "do": "interrupt"}] + hand_over(dice, life)


FAULTS = [(hand_over, 50), (hasty, 8), (close, 14), (drop, 8), (refuse, 5), (nonsense, 14), (no_frame, 3), (mood, 12),
          (turn, 12)]


def main():
    if sys.argv[1] in ENDINGS:
        return json.dump([{**ENDINGS[sys.argv[1]], "nth": "every"}], sys.stdout)
    if sys.argv[1] in ONCE:
        return json.dump([ONCE[sys.argv[1]]], sys.stdout)
    dice = random.Random(int(sys.argv[1]))
    rules = []
    for connection in range(1, CONNECTIONS + 1):
        fault = dice.choices([fault for fault, _ in FAULTS], [weight for _, weight in FAULTS])[0]
        if connection == 1 or connection in BIG:
            fault = hand_over  # a session has to begin before it can be in trouble
        for rule in fault(dice, dice.randint(2500, 7000)):
            rules.append({**rule, "conn": connection})
        if connection in BIG:
            rules.append({"on": "ready", "conn": connection, **BIG[connection]})
    json.dump(rules, sys.stdout)


main()
