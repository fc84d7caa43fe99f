"""The trial "cards" of scripts/vm: the distribution's kernel with an HDA card, which hears silence, and a USB headset,
which only plays, into a file (vm_machines.sh). No sound server: the daemon has the devices itself."""

import json
import os
import pathlib
import time

import vm_guest as guest
import vm_sandbox
import vm_sound
from vm_guest import CONFIG, TRIAL, UNIT, Setup, Sim, ctl, expect, manager, run, wait, wait_state

CARD, HEADSET = "plughw:CARD=Intel", "plughw:CARD=Audio"
BARE = "hw:CARD=Intel"  # has no mono
SHARED = "sysdefault:CARD=Intel"  # dmix and dsnoop
PLAYED = TRIAL / "host/headset.wav"
ANSWER = pathlib.Path("/run/answer.raw")


def configure(capture: str, playback: str, **sections: str) -> None:
    Setup(f'"{capture}"', playback).write(**sections)
    manager("restart", UNIT)


def stream(card: str, direction: str) -> dict[str, str]:
    """What the kernel says about a stream; empty where nobody has it open."""
    folder = pathlib.Path("/proc/asound", card, f"pcm0{direction}", "sub0")
    if not folder.is_dir():
        return {}
    lines = [line for name in ("status", "hw_params") for line in (folder / name).read_text().splitlines()]
    return {key.strip(): value.strip() for key, found, value in (line.partition(":") for line in lines) if found}


def runs(card: str, direction: str) -> bool:
    return stream(card, direction).get("state") == "RUNNING"


def there(card: str) -> bool:
    return pathlib.Path("/proc/asound", card).exists()


def cards() -> str:
    for card in ("Intel", "Audio"):
        wait(f"the card {card} is there", lambda: there(card))
    listed = ctl("devices")
    for card in ("Intel", "Audio"):
        expect(f"CARD={card}" in listed, f"gemini-voicectl devices does not list {card}: {listed}")
    manager("enable", "--now", UNIT)
    return "HDA Intel, QEMU USB Audio"


def microphone(card: str, seconds: int) -> str:
    """By the clock of the one who receives what it hears."""
    configure(card, f'"{card}"')
    with Sim() as sim:
        ctl("start")
        used = wait("the card records", lambda: runs("Intel", "c") and stream("Intel", "c"))
        first = sim.wait_for("audio", count=50)
        last = wait(f"{seconds} s of sound", lambda: next(
            (event for event in sim.events("audio") if event["offset"] - first["offset"] >= seconds * 16000), None), 120)
        counts = guest.statistics()
    heard = (last["offset"] - first["offset"]) / 16
    took = (last["t_ns"] - first["t_ns"]) / 1e6
    period = int(used["period_size"]) / int(used["rate"].split()[0]) * 1000
    said = (f"{card}: {heard:.0f} ms heard in {took:.0f} ms, period {period:g} ms, {counts['capture_xruns']} xruns, "
            f"mic_to_wire p50 {counts['mic_to_wire_us_p50'] / 1000:.0f} ms")
    expect(abs(heard / took - 1) < 0.01 and abs(period - 20) < 2 and counts["capture_xruns"] == 0, said)
    return said


def timing() -> str:
    return "; ".join((microphone(CARD, 20), microphone(BARE, 10)))


def delay() -> str:
    """What the daemon says was heard of an answer that is interrupted, which it knows by the device's delay alone."""
    configure(CARD, f'"{HEADSET}"', history="enabled: true")
    with Sim("--answer", "tone:440:20"):
        ctl("start")
        for attempt in range(1, 4):
            late, played = guest.statistics()["playback_xruns"], PLAYED.stat().st_size
            ctl("say", "Speak")
            wait("the headset plays", lambda: runs("Audio", "p"))
            time.sleep(3)
            ctl("interrupt")
            wait_state("listening")
            told = wait("the history has it", lambda: len(cut := cut_answers()) >= attempt and cut)[-1]
            late = guest.statistics()["playback_xruns"] - late
            heard, rate = vm_sound.wav(PLAYED)
            sounded = vm_sound.sounding_ms(heard[max(0, played - 44) // 4:], rate)
            if abs(told - sounded) < 50 or not late:
                break
    said = f"{told} ms are said to be heard, {sounded} ms are; {late} xruns, attempt {attempt}"
    expect(abs(told - sounded) < 50, said)
    return said


def cut_answers() -> list[int]:
    shown = json.loads(ctl("--json", "history", "show", "last"))
    return [entry["heard_ms"] for entry in shown["entries"] if entry["role"] == "model" and entry["interrupted"]]


def headset() -> str:
    """In real time: where this machine was late (an xrun), that says nothing, and it is heard again."""
    said, rate = vm_sound.wav(TRIAL / "question.wav")
    ANSWER.write_bytes(vm_sound.at_rate(said, rate, 24000).astype("<i2").tobytes())
    configure(CARD, f'"{HEADSET}"')
    with Sim("--answer", str(ANSWER)) as sim:
        ctl("start")
        for attempt in range(1, 4):
            late = guest.statistics()["playback_xruns"]
            played, sent = PLAYED.stat().st_size, sim.downlink.stat().st_size
            ctl("say", "Speak")
            sim.wait_for("sent", count=attempt, what="turn_complete")
            wait_state("listening")
            late = guest.statistics()["playback_xruns"] - late
            heard, heard_rate = vm_sound.wav(PLAYED)
            alike = vm_sound.similarity(heard[max(0, played - 44) // 4:], heard_rate,
                                        vm_sound.raw(sim.downlink)[sent // 2:], 24000)
            if alike > 0.98 or not late:
                break
    said = f"like what was sent {alike:.4f}, {late} xruns, attempt {attempt}"
    expect(alike > 0.98, said)
    return said


def starve(seconds: float) -> None:
    """Both processors have something more urgent to do."""
    busy = [["taskset", "-c", str(cpu), "chrt", "-f", "60", "timeout", str(seconds), "chrt", "-f", "50",
             "sh", "-c", "while :; do :; done"] for cpu in range(os.cpu_count())]
    for process in [guest.start(*argv) for argv in busy]:
        process.wait()


def xruns() -> str:
    configure(CARD, f'"{CARD}"')
    with Sim("--answer", "tone:440:8") as sim:
        ctl("start")
        ctl("say", "Speak")
        wait("the card plays", lambda: runs("Intel", "p"))
        starve(0.8)
        counts = wait("xruns of both", lambda: (now := guest.statistics())["playback_xruns"] and now["capture_xruns"] and now)
        wait_state("listening")
        ctl("say", "Again")
        wait("the card plays again", lambda: runs("Intel", "p"))
        heard = len(sim.events("audio"))
        sim.wait_for("audio", count=heard + 50)
        now = wait_state("listening")
    expect(not now["last_error"].get("name"), f"last error: {now['last_error']}")
    return f"{counts['capture_xruns']} of capture, {counts['playback_xruns']} of playback; the conversation goes on"


def shared() -> str:
    configure(SHARED, f'"{SHARED}"')
    with Sim("--answer", "tone:440:5") as sim:
        ctl("start")
        sim.wait_for("audio", count=50)
        ctl("say", "Speak")
        wait_state("speaking")
        run("aplay", "-q", "-D", SHARED, "-d", "1", "-f", "cd", "/dev/zero")
        busy = run("aplay", "-q", "-D", "hw:Intel", "-d", "1", "-f", "cd", "/dev/zero", status=1)
        expect("busy" in busy, f"the card is not in use: {busy}")
        wait_state("listening")
        now = guest.state()
    expect(not now["last_error"].get("name"), f"last error: {now['last_error']}")
    return "another program plays meanwhile"


def pulled() -> str:
    configure(CARD, f'["{HEADSET}", "{CARD}"]')
    with Sim("--answer", "tone:440:110") as sim:
        ctl("start")
        ctl("say", "Speak")
        wait("the headset plays", lambda: runs("Audio", "p"))
        begin = time.monotonic()
        guest.outside("device_del headset")
        wait("the headset is gone", lambda: not there("Audio"))
        wait("the card plays on", lambda: runs("Intel", "p"))
        took = time.monotonic() - begin
        guest.outside("device_add usb-audio,id=headset,audiodev=headset,bus=xhci.0")
        wait("the headset plays again", lambda: runs("Audio", "p"))
        expect(guest.state()["state"] == "speaking", "the answer was lost")
        expect(not runs("Intel", "p"), "the card plays on")
        expect(len(sim.events("connect")) == 1, "the connection was lost")
        lost = guest.statistics()["playback_lost"]
        # More than one where this machine is late: a device that has too many xruns is given up, too.
        expect(lost >= 1, "nothing was lost")
    return f"the answer goes on at the card within {took:.1f} s, and in the headset when it is back; lost {lost}"


def sandbox() -> str:
    """What User Mode Linux, where the trial "session" runs, has for nobody."""
    only = ("exotic network", "32-bit system call")
    look = ("python3", "/trial/vm_sandbox.py", *only)
    tool = f"may: {{description: What may it, argv: {json.dumps(look)}, approval: allow, time_limit: 4min}}"
    configure(CARD, f'"{CARD}"', profiles="assistant:\n    tools: [may]", tools="commands:\n    " + tool)
    with Sim(script=[guest.call("may")]) as sim:
        outside = json.loads(run("systemd-run", "--user", "--pipe", "--wait", "-q", *look))
        ctl("start")
        ctl("say", "What may you do?")
        inside = json.loads(guest.answered(sim, 1))
    vm_sandbox.compare(inside, outside)
    return ", ".join(only) + ": only outside of the unit"


def suspend() -> str:
    """Somebody presses a key: of this machine's clocks none wakes it from that sleep."""
    messages = pathlib.Path("/sys/power/pm_debug_messages")
    messages.write_text("1")
    pathlib.Path("/sys/module/printk/parameters/console_suspend").write_text("0")
    configure(CARD, f'"{CARD}"')
    with Sim() as sim:
        ctl("start")
        guest.outside("sendkey ret", when="PM: suspend-to-idle")
        guest.sleep_and_wake(sim, "dmesg --console-level debug")
        heard = len(sim.events("audio"))
        sim.wait_for("audio", count=heard + 50)
    run("dmesg", "--console-level", "err", root=True)
    expect("PM: suspend entry (s2idle)" in run("dmesg", root=True), "it was another kind of sleep")
    return "closed before, the same conversation after"


def removed() -> str:
    configure(CARD, f'["{HEADSET}", "{CARD}"]')
    before = guest.unit("MainPID")
    with Sim("--answer", "tone:440:30"):
        ctl("start")
        ctl("say", "Speak")
        wait_state("speaking")
        guest.outside("device_del hda")
        guest.outside("device_del headset")
        wait("no card is left", lambda: not there("Intel") and not there("Audio"))
        error = wait("the daemon says so", lambda: guest.state()["last_error"].get("name"))
        expect(error.endswith("DeviceUnavailable"), error)
        ctl("stop")
        ctl("start", status=8)
    expect(guest.unit("MainPID") == before, "it is another process")
    return "DeviceUnavailable, exit status 8, the daemon lives"


def main() -> None:
    (TRIAL / "host").mkdir()
    run("mount", "-t", "9p", "-o", "trans=virtio,version=9p2000.L,ro", "host", TRIAL / "host", root=True)
    guest.wait_for_login()
    manager("mask", "--now", "pipewire.socket", "pipewire.service", "wireplumber.service")
    guest.write(CONFIG / "key", "for-the-cards")
    guest.check("the cards are there", cards)
    guest.check("the card's period and time", timing)
    guest.check("what the headset plays", headset)
    guest.check("what was heard of an answer", delay)
    guest.check("xruns by load", xruns)
    guest.check("dmix and dsnoop", shared)
    guest.check("the headset pulled out and put back", pulled)
    guest.check("the unit's sandbox, on this kernel", sandbox)
    guest.check("suspend to idle and wake", suspend)
    guest.check("the last card removed", removed)
