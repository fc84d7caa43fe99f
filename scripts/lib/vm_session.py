"""The trial "session" of scripts/vm: a systemd user session with PipeWire, in virtual time, and what only that can
show. Two loopback cards stand for the hardware: what plays on hw:Speaker,0 is heard on hw:Speaker,1, what plays on
hw:Mic,1 is heard on hw:Mic,0."""

import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import time

import vm_guest as guest
import vm_sandbox
import vm_sound
from vm_guest import CONFIG, DROP_INS, HOME, TRIAL, UNIT, Setup, Sim, ctl, expect, manager, run, wait, wait_state

SPEAKER, MIC = 0, 1  # the cards' numbers
KEY = "typed-on-a-terminal"
QUESTION, HEARD = pathlib.Path("/run/question.wav"), pathlib.Path("/run/heard.wav")
NAMED = ("busctl", "--user", "call", "org.geminivoice.Voice1", "/org/geminivoice/Voice1", "org.geminivoice.Voice1")
setup = Setup("default", "default")


def nodes(kind: str, card: int) -> list[dict]:
    """PipeWire's, of the card: sinks or sources."""
    found = []
    for thing in json.loads(run("pw-dump")):
        properties = thing.get("info", {}).get("props") or {}
        if properties.get("media.class") == "Audio/" + kind and properties.get("api.alsa.pcm.card") == card:
            found.append(thing)
    return found


def session_up() -> str:
    guest.wait_for_login()
    for service in ("pipewire", "wireplumber", "dbus"):
        expect(manager("is-active", service) == "active", f"{service} does not run")
    for kind, card in (("Sink", SPEAKER), ("Source", MIC)):
        node = wait(f"PipeWire has a {kind} of the card {card}", lambda: nodes(kind, card))[0]
        run("wpctl", "set-default", node["id"])
    return run("pw-cli", "--version").splitlines()[-1]


def type_key() -> str:
    """As a person does, who waits for the question."""
    child, terminal = pty.fork()
    if child == 0:
        os.setgroups(guest.AS_USER["extra_groups"])
        os.setgid(1000)
        os.setuid(1000)
        os.chdir(HOME)
        os.execvpe("gemini-voicectl", ["gemini-voicectl", "config", "set-key"], guest.ENVIRONMENT)
    seen, typed = "", False
    while select.select([terminal], [], [], 60)[0]:
        try:
            seen += os.read(terminal, 4096).decode()
        except OSError:  # nobody is left at the other end
            break
        if not typed and "key" in seen.lower():
            typed = True
            os.write(terminal, KEY.encode() + b"\n")
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    expect(status == 0, f"exit status {status}: {seen}")
    expect(KEY not in seen, "the key was shown")
    file = CONFIG / "key"
    expect(file.read_text().strip() == KEY, f"{file} holds something else")
    expect(file.stat().st_mode & 0o777 == 0o600 and file.stat().st_uid == 1000, f"{file} is open to others")
    return "mode 600, not shown"


def enable() -> str:
    setup.write()
    manager("enable", "--now", UNIT)
    expect(manager("is-enabled", UNIT) == "enabled", "it is not enabled")
    expect(manager("is-active", UNIT) == "active", "it does not run")
    wanted = HOME / ".config/systemd/user/default.target.wants" / UNIT
    expect(os.readlink(wanted) == f"/usr/lib/systemd/user/{UNIT}", f"{wanted} leads elsewhere")
    return guest.unit("StatusText")


def activation() -> str:
    manager("stop", UNIT)
    expect(not guest.state(), "it still answers")
    with Sim("--key", KEY):
        run(*NAMED, "Start", "a{sv}", "0")
        expect(manager("is-active", UNIT) == "active", "the call did not start the unit")
        wait_state("listening")
    return "by Start"


def ask(sim: Sim) -> tuple[float, float]:
    """Says the question, hears the answer: how much what arrived is like what was sent, both ways."""
    ctl("start")
    downlink, turns = sim.downlink.stat().st_size, len(sim.events("sent", what="turn_complete"))
    with guest.recording("hw:Speaker,1", HEARD):
        run("aplay", "-q", "-D", "hw:Mic,1", QUESTION, root=True)
        sim.wait_for("sent", count=turns + 1, what="turn_complete")
        wait_state("listening")
        # What the sound server still holds.
        length = HEARD.stat().st_size
        wait("half a second more was recorded", lambda: HEARD.stat().st_size > length + 96000)
    said, rate = vm_sound.wav(TRIAL / "question.wav")
    heard, heard_rate = vm_sound.wav(HEARD)
    answer = vm_sound.raw(sim.downlink)[downlink // 2:]
    return (vm_sound.similarity(vm_sound.raw(sim.uplink), 16000, said, rate),
            vm_sound.similarity(heard, heard_rate, answer, 24000))


def conversation() -> str:
    with Sim("--key", KEY) as sim:
        question, answer = ask(sim)
        counts = guest.statistics()
    expect(question > 0.98, f"the service heard something else than was said: {question:.3f}")
    expect(answer > 0.98, f"the speaker played something else than was sent: {answer:.3f}")
    expect(counts["capture_xruns"] == 0 and counts["playback_xruns"] == 0, f"xruns: {counts}")
    return f"like what was said {question:.4f}, what was answered {answer:.4f}"


# User Mode Linux has the others for nobody; the trial "cards" tries them.
FORBIDDEN = [what for what in vm_sandbox.FORBIDDEN if what not in ("exotic network", "32-bit system call")]
LOOK = ["python3", str(TRIAL / "vm_sandbox.py"), *FORBIDDEN, *vm_sandbox.ALLOWED]
COMMANDS = f"""commands:
    greet:
      description: Greets
      parameters: {{name: {{type: string}}}}
      argv: [echo, "hello {{name}}"]
      approval: allow
    quit: {{description: Asks first, argv: [id, -un]}}
    may: {{description: What may it, argv: {json.dumps(LOOK)}, approval: allow, time_limit: 4min}}"""
ASSISTANT = "assistant:\n    tools: [greet, quit, may]"


def hooks_and_tools() -> str:
    note = HOME / "hook"
    setup.write(profiles=ASSISTANT, tools=COMMANDS, hooks=f"session_started: [cp, /proc/self/environ, {note}]")
    ctl("reload")
    script = [guest.call("greet", name="Ada"), dict(guest.call("quit"), nth=2)]
    with Sim("--key", KEY, script=script) as sim:
        ctl("start")
        wait("the hook has run", note.exists)
        ctl("say", "Greet Ada")
        expect(guest.answered(sim, 1).strip() == "hello Ada", guest.answered(sim, 1))
        wait_state("listening")
        ctl("say", "And who am I?")
        wait("the question can be answered", lambda: ctl("approve", "fc-quit", status=None) == "")
        expect(guest.answered(sim, 2).strip() == "tester", guest.answered(sim, 2))
    environment = note.read_bytes()
    expect(b"GEMINI_VOICE_EVENT=session_started\0" in environment and KEY.encode() not in environment, str(environment))
    return "a hook, a tool, a tool after a question"


def reload() -> str:
    with Sim("--key", KEY) as sim:
        setup.write()
        ctl("reload")
        ctl("start")
        session = guest.state()["session_id"]
        setup.write(hooks="muted: [touch, muted]")
        manager("reload", UNIT)
        ctl("mute")
        wait("the new hook runs", (HOME / "muted").exists)
        guest.write(CONFIG / "config.yaml", "no_such_key: 1\n")
        manager("reload", UNIT, status=1)
        ctl("unmute")
        now = wait_state("listening")
        expect(now["session_id"] == session and len(sim.events("connect")) == 1, "the conversation was disturbed")
        setup.write()
        manager("reload", UNIT)
    return "a good file holds, of a bad one nothing, the conversation goes on"


def sandbox() -> str:
    """What the unit's lines forbid can be done outside of it, and not in it."""
    shutil.copy("/usr/bin/id", vm_sandbox.SETUID_PROGRAM)
    os.chmod(vm_sandbox.SETUID_PROGRAM, 0o4755)
    setup.write(profiles=ASSISTANT, tools=COMMANDS)
    ctl("reload")
    with Sim("--key", KEY, script=[guest.call("may")]) as sim:
        outside = json.loads(run("systemd-run", "--user", "--pipe", "--wait", "-q", *LOOK))
        ctl("start")
        ctl("say", "What may you do?")
        inside = json.loads(guest.answered(sim, 1))
    vm_sandbox.compare(inside, outside)
    return f"{len(FORBIDDEN)} things forbidden, {len(vm_sandbox.ALLOWED)} work"


def killed() -> str:
    before = guest.unit("MainPID")
    os.kill(int(before), signal.SIGKILL)
    wait("another process runs", lambda: guest.unit("MainPID") not in (before, "0"))
    wait_state("idle")
    with Sim("--key", KEY):
        ctl("start")
        wait_state("listening")
    return f"{guest.unit('NRestarts')} restart"


def watchdog() -> str:
    with Sim("--key", KEY):
        ctl("start")
        before = guest.unit("MainPID")
        begin = time.monotonic()
        os.kill(int(before), signal.SIGSTOP)
        wait("another process runs", lambda: guest.unit("MainPID") not in (before, "0"), seconds=120)
        took = time.monotonic() - begin
        wait_state("idle")
    log = run("journalctl", "-q", "--no-pager", f"USER_UNIT={UNIT}", root=True)
    expect("Watchdog timeout" in log, "systemd's watchdog was not what ended it")
    return f"ended and started again within {took:.0f} s"


def credential() -> str:
    key = "by-load-credential"
    guest.write(CONFIG / "credential", key)
    guest.drop_in("[Service]\nLoadCredential=gemini-api-key:%h/.config/gemini-voiced/credential\n")
    setup.sections["api"] = re.sub(r"\n *key_file.*", "", setup.sections["api"])
    setup.write()
    manager("restart", UNIT)
    with Sim("--key", key):
        ctl("start")
        wait_state("listening")
        environment = pathlib.Path("/proc", guest.unit("MainPID"), "environ").read_bytes()
    expect(key.encode() not in environment, "the key is in the environment")
    guest.drop_in("")
    manager("restart", UNIT)
    expect("no API key" in ctl("start", status=7), "there is another key")
    return "the key is in no environment"


def encrypted() -> str:
    key, file = "by-systemd-creds", ".config/gemini-voiced/key.cred"
    run("systemd-creds", "encrypt", "--user", "--name=gemini-api-key", "-", file, given=key)
    expect(key not in (HOME / file).read_text(), "it is not encrypted")
    command = f"systemd-creds, decrypt, --user, --name=gemini-api-key, {file}"
    setup.write(api=setup.sections["api"] + f"\n  key_command: [{command}]")
    ctl("reload")
    with Sim("--key", key):
        ctl("start")
        wait_state("listening")
    # Where this fails, README is behind: it says that systemd 257 refuses this to a user's unit.
    guest.drop_in(f"[Service]\nLoadCredentialEncrypted=gemini-api-key:%h/{file}\n")
    manager("restart", UNIT, status=1)
    expect("243/CREDENTIALS" in manager("status", UNIT, status=3), "LoadCredentialEncrypted= is not refused any more")
    guest.drop_in("")
    manager("reset-failed", UNIT)
    manager("restart", UNIT)
    return "by systemd-creds as api.key_command; LoadCredentialEncrypted= is refused"


def hardened() -> str:
    setup.sections["api"] += "\n  key_file: ~/.config/gemini-voiced/key"
    setup.write()
    run("install", "-D", "-m", "644", "/usr/share/doc/gemini-voice/hardening.conf.example", DROP_INS / "hardening.conf")
    manager("daemon-reload")
    manager("restart", UNIT)
    with Sim("--key", KEY) as sim:
        question, answer = ask(sim)
    expect(question > 0.98 and answer > 0.98, f"question {question:.3f}, answer {answer:.3f}")
    exposure("with hardening.conf")
    run("rm", DROP_INS / "hardening.conf")
    manager("daemon-reload")
    manager("restart", UNIT)
    return f"question {question:.4f}, answer {answer:.4f}"


def suspend() -> str:
    with Sim("--key", KEY) as sim:
        ctl("start")
        guest.sleep_and_wake(sim, "rtcwake -m no -s 10")
        question, answer = ask(sim)
    expect(question > 0.98 and answer > 0.98, f"afterwards: question {question:.3f}, answer {answer:.3f}")
    return f"closed before, gone on with after; question {question:.4f}, answer {answer:.4f}"


def exposure(what: str) -> None:
    last = run("systemd-analyze", "--user", "security", "--no-pager", UNIT).splitlines()[-1]
    guest.figure(f"systemd-analyze --user security {UNIT}, {what}: " + re.sub(r".*: ([0-9.]+ \w+).*", r"\1", last))


def main() -> None:
    said, rate = vm_sound.wav(TRIAL / "question.wav")
    vm_sound.write_stereo(QUESTION, vm_sound.at_rate(said, rate, 48000), 48000)
    guest.check("a user session with PipeWire", session_up)
    guest.check("the key, typed on a terminal", type_key)
    guest.check("systemctl --user enable --now", enable)
    exposure("as shipped")
    guest.check("started by a call on the bus", activation)
    guest.check("a conversation by pipewire-alsa", conversation)
    guest.check("hooks and tools", hooks_and_tools)
    guest.check("systemctl --user reload", reload)
    guest.check("the unit's sandbox", sandbox)
    guest.check("back after SIGKILL", killed)
    guest.check("the watchdog", watchdog)
    guest.check("the key by LoadCredential=", credential)
    guest.check("the key by systemd-creds encrypt", encrypted)
    guest.check("a conversation with hardening.conf", hardened)
    guest.check("suspend and wake by logind", suspend)
