"""Inside the machine of scripts/vm, as root: what the trials do the user's things with, and the table's lines."""

import contextlib
import grp
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

TRIAL = pathlib.Path("/trial")
HOME = pathlib.Path("/home/tester")
CONFIG = HOME / ".config/gemini-voiced"
DROP_INS = HOME / ".config/systemd/user/gemini-voiced.service.d"
ENVIRONMENT = {
    "HOME": str(HOME), "USER": "tester", "LOGNAME": "tester", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
    "XDG_RUNTIME_DIR": "/run/user/1000", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus",
}
AS_USER = {"user": 1000, "group": 1000, "extra_groups": [grp.getgrnam("audio").gr_gid], "env": ENVIRONMENT}
PORT = 8443
UNIT = "gemini-voiced.service"


class Failure(Exception):
    pass


def expect(holds, what) -> None:
    if not holds:
        raise Failure(what)


def run(*argv: str, status: int | None = 0, given: str | None = None, root: bool = False) -> str:
    """What it prints, both streams; None: whatever its status."""
    done = subprocess.run([str(argument) for argument in argv], input=given, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", timeout=300, check=False,
                          **({} if root else dict(AS_USER, cwd=HOME)),
                          **({} if given is not None else {"stdin": subprocess.DEVNULL}))
    if status is not None and done.returncode != status:
        said = done.stdout.strip()
        raise Failure(f"{' '.join(map(str, argv))}: exit status {done.returncode} instead of {status}: {said}")
    return done.stdout.strip()


def ctl(*argv: str, status: int | None = 0) -> str:
    return run("gemini-voicectl", *argv, status=status)


def manager(*argv: str, status: int | None = 0) -> str:
    return run("systemctl", "--user", *argv, status=status)


def unit(name: str) -> str:
    return manager("show", "--value", f"--property={name}", UNIT)


def state() -> dict:
    """Empty where no daemon runs."""
    text = ctl("--no-start", "--json", "status", status=None)
    return json.loads(text) if text.startswith("{") else {}


def statistics() -> dict:
    return json.loads(ctl("--json", "statistics"))


def wait(what: str, condition, seconds: float = 60):
    """What the condition gives, once that is true. It looks again and again: nobody tells."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds:g} s; the daemon: {state()}")
        time.sleep(0.1)
    return found


def wait_state(*names: str, seconds: float = 60) -> dict:
    return wait(" or ".join(names), lambda: (now := state()).get("state") in names and now, seconds)


def wait_for_login() -> None:
    """The user lingers, but nothing else waits for that."""
    wait("the user's manager is up", lambda: manager("is-system-running", status=None) == "running", 300)


def write(path: pathlib.Path, text: str, mode: int = 0o600) -> None:
    """A file of the user's."""
    run("mkdir", "-p", path.parent)
    path.write_text(text)
    path.chmod(mode)
    os.chown(path, AS_USER["user"], AS_USER["group"])


def drop_in(text: str) -> None:
    """The only one of the unit; none where the text is empty. It holds from the next start on."""
    if text:
        write(DROP_INS / "trial.conf", text, 0o644)
    else:
        run("rm", "-f", DROP_INS / "trial.conf")
    manager("daemon-reload")


class Setup:
    """The user's configuration, a section at a time."""

    def __init__(self, capture: str, playback: str):
        self.sections = {
            "api": f"endpoint: wss://127.0.0.1:{PORT}\n  ca_file: {TRIAL}/cert.pem\n"
                   "  key_file: ~/.config/gemini-voiced/key",
            # What the microphone hears shall be what is sent, to compare the two.
            "audio": f"capture: {{device: {capture}}}\n  playback: {{device: {playback}}}\n"
                     "  echo: 'off'\n  high_pass: false\n  earcons: false",
        }

    def write(self, **changed: str) -> None:
        text = ""
        for name, section in {**self.sections, **changed}.items():
            text += f"{name}:\n  {section}\n" if ":" in section else f"{name}: {section}\n"
        write(CONFIG / "config.yaml", text)
        ctl("config", "check")


class Sim:
    """gemini-live-sim on its port, with what it has seen and heard."""

    def __init__(self, *options: str, script: list | None = None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sim-", dir="/run"))
        self.log, self.uplink, self.downlink = (self.folder / name for name in ("log", "uplink", "downlink"))
        (self.folder / "script").write_text(json.dumps(script or []))
        self.process = subprocess.Popen(
            [TRIAL / "gemini-live-sim", "--listen", f"127.0.0.1:{PORT}", "--tls-cert", TRIAL / "cert.pem",
             "--tls-key", TRIAL / "key.pem", "--port-file", self.folder / "port", "--log", self.log,
             "--record-uplink", self.uplink, "--record-downlink", self.downlink,
             "--script", self.folder / "script", *options], stdout=subprocess.DEVNULL)
        wait("gemini-live-sim listens", lambda: (self.folder / "port").exists() or self.process.poll() is not None)
        expect(self.process.poll() is None, "gemini-live-sim did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Neither session nor conversation outlives its check.
        if state():
            ctl("--no-start", "stop", "--forget", status=None)
            wait_state("idle")
        self.process.terminate()
        self.process.wait()

    def events(self, name: str, **members) -> list[dict]:
        lines = self.log.read_text().splitlines(keepends=True) if self.log.exists() else []
        found = (json.loads(line) for line in lines if line.endswith("\n"))
        return [event for event in found
                if event["event"] == name and all(event.get(key) == value for key, value in members.items())]

    def wait_for(self, name: str, count: int = 1, seconds: float = 60, **members) -> dict:
        found = wait(f"gemini-live-sim logs {name} {members or ''}",
                     lambda: len(events := self.events(name, **members)) >= count and events, seconds)
        return found[count - 1]


def start(*argv: str) -> subprocess.Popen:
    """As root, and nobody hears what it says."""
    return subprocess.Popen([str(argument) for argument in argv], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def recording(device: str, file: pathlib.Path):
    """48 kHz, two channels; arecord writes the sizes into the header when it is asked to end."""
    process = start("arecord", "-q", "-D", device, "-f", "S16_LE", "-r", "48000", "-c", "2", file)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def call(name: str, /, **arguments) -> dict:
    """A rule for gemini-live-sim: what is typed makes the model call a tool."""
    return {"on": "text", "do": "tool_call", "id": f"fc-{name}", "name": name, "args": arguments}


def answered(sim: Sim, number: int) -> str:
    """What the tool said, of the answers to calls the one with this number."""
    event = sim.wait_for("tool_response", count=number, seconds=300)
    return event["response"]["function_responses"][0]["response"].get("output", str(event))


def sleep_and_wake(sim: Sim, last: str) -> None:
    """By logind, in mid-conversation. `last`: what the shell does right before, so that what shall wake the machine
    does not come before it sleeps."""
    hook = pathlib.Path("/usr/lib/systemd/system-sleep/trial")
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\n[ "$1" = pre ] || exit 0\n{last}\n')
    hook.chmod(0o755)
    ctl("say", "My name is Ada")
    sim.wait_for("sent", what="turn_complete")
    session, setups = wait_state("listening")["session_id"], len(sim.events("setup"))
    run("systemctl", "suspend", root=True)
    sim.wait_for("close", by="client", code=1000)
    setup = sim.wait_for("setup", count=setups + 1, seconds=120)["setup"]
    expect(wait_state("listening")["session_id"] == session, "another session")
    expect("handle" in setup["session_resumption"], "another conversation")
    expect("PM: suspend exit" in run("dmesg", root=True), "the kernel did not sleep")


def outside(command: str, when: str = "") -> None:
    """To QEMU's monitor (vm_machine.py), at once or when the console says so."""
    print("HOST", command, when, sep="\t")


checks = 0  # made so far


def check(name: str, function) -> None:
    """A line of the table. What the function gives is said beside it; what it raises is why it failed."""
    begin = time.monotonic()
    try:
        verdict, said = "ok", function() or ""
    except Exception as error:  # whatever it is, the other checks can still be made
        verdict, said = "FAILED", f"{type(error).__name__}: {error}"
    global checks
    checks += 1
    # A line of its own, whatever the kernel has told the console meanwhile.
    print("\nCHECK", verdict, f"{time.monotonic() - begin:.1f}", name, " ".join(said.split()), sep="\t")
    if verdict == "FAILED":
        print(run("journalctl", "--no-pager", "-q", "-n", "60", "-o", "short-monotonic", root=True, status=None))


def figure(text: str) -> None:
    """A line below the table."""
    print("FIGURE", text, sep="\t")
