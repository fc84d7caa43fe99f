"""What the service does wrong in a soak test: prints a script of gemini-live-sim (tests/sim/README.md).

  soak_faults.py SEED   every connection gets a fault of its own, drawn at random; most are
                        hand-overs, which the service asks for every few seconds instead of every
                        ten minutes
  soak_faults.py NAME   every connection ends so, for good: forbidden, key, limited, model, quota
"""
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
    left = dice.randint(1500, 5000)
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


def vanish(dice, life):
    return [{"on": "ready", "after_ms": life, "do": "drop", "how": "silent"}]


def refuse(dice, life):
    return [{"on": "connect", "do": "refuse", "status": dice.choice([500, 502, 503]), "body": "try later"}]


def nonsense(dice, life):
    kind = dice.choice(["malformed", "garbage", "huge"])
    rule = {"on": dice.choice(["answer_start", "speech_end", "text"]), "do": kind, "frame": dice.choice(["binary", "text"])}
    return [rule] + hand_over(dice, life)


def no_frame(dice, life):
    return [{"on": "answer_start", "do": "garbage", "frame": "none"}] + hand_over(dice, life)


def mood(dice, life):
    """A service that is merely odd."""
    oddity = dice.choice([
        {"text_frames": True}, {"extra_keys": True}, {"odd_chunks": True}, {"thoughts": True}, {"fragments": 7},
        {"answer_rate": 16000}, {"setup_delay_ms": 3000}, {"think_ms": 2500}, {"pong_delay_ms": 30000},
        {"stall_at_ms": 500, "stall_ms": 1500}, {"interrupt_gap_ms": 800}, {"refuse_resume": True},
    ])
    return [{"on": "connect", "do": "set", **oddity}] + hand_over(dice, life)


def turn(dice, life):
    """An answer that is not as it should be."""
    return [{"on": dice.choice(["text", "speech_end"]), "nth": "every", "do": "set",
             "next": dice.choice(["normal", "empty", "rejected", "premature", "bundled", "in_progress"])},
            {"on": "interrupted", "nth": "every", "do": "late_audio", "audio_ms": 400},
            {"on": "answer_ms", "ms": 700, "do": "interrupt"}] + hand_over(dice, life)


FAULTS = [(hand_over, 30), (hasty, 6), (close, 18), (drop, 10), (vanish, 1), (refuse, 6),
          (nonsense, 10), (no_frame, 4), (mood, 12),
          (turn, 12)]


def main():
    if sys.argv[1] in ENDINGS:
        return json.dump([{**ENDINGS[sys.argv[1]], "nth": "every"}], sys.stdout)
    dice = random.Random(int(sys.argv[1]))
    rules = []
    for connection in range(1, CONNECTIONS + 1):
        fault = dice.choices([fault for fault, _ in FAULTS], [weight for _, weight in FAULTS])[0]
        if connection == 1:
            fault = hand_over  # a session has to begin before it can be in trouble
        for rule in fault(dice, dice.randint(3000, 10000)):
            rules.append({**rule, "conn": connection})
    json.dump(rules, sys.stdout)


main()
