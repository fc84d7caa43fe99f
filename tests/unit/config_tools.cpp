// Commands and MCP servers in the configuration: what is read, and every mistake at its place.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "tests/unit/tools_config.hpp"

using namespace std::chrono_literals;
using namespace tools_config;
using gv::config::CommandTool;
using gv::config::Config;
using gv::config::load;
using gv::config::McpServer;

TEST_CASE("a command and a server are read") {
  const Config config = good(R"(
tools:
  approval_timeout: 1h
  commands:
    say:
      description: Says
      parameters:
        text: {type: string, maxLength: 20}
        loud: {type: boolean, required: false, default: false}
        deep: {type: object, properties: {a: {type: number}}, required: [a]}
      argv: [~/bin/say, "--loud={loud}", --, "{text}", "{deep}"]
      input: "{text}\n"
      directory: ~/
      environment: [DISPLAY, LANG=C]
      time_limit: 100ms
      output_limit: 1048576
      approval: deny
      remember: true
      blocking: true
      scheduling: silent
  mcp_servers:
    files: {argv: [npx, -y, server], tools: [read, "odd name"], directory: /tmp, environment: [A=b]}
    home: {url: "http://[::1]:80/mcp", token_file: /t, tools: ["*"], time_limit: 10min}
profiles:
  assistant: {tools: [say, home, files, end_session, look_at_screen, mute_microphone]}
)");
  CHECK(config.tools.approval_timeout == 1h);
  const CommandTool& say = config.tools.commands.at("say");
  CHECK(say.description == "Says");
  CHECK(boost::json::parse(say.parameters.json()) == boost::json::parse(R"({"type":"object",
      "properties":{"text":{"type":"string","maxLength":20},
                    "loud":{"type":"boolean","default":false},
                    "deep":{"type":"object","properties":{"a":{"type":"number"}},"required":["a"]}},
      "required":["text","deep"]})"));
  CHECK(say.child.argv ==
        std::vector<std::string>{"~/bin/say", "--loud={loud}", "--", "{text}", "{deep}"});
  CHECK(say.child.directory == "~/");
  CHECK(say.child.environment == std::vector<std::string>{"DISPLAY", "LANG=C"});
  CHECK(say.input == "{text}\n");
  CHECK(say.output_limit == 1'048'576);
  using gv::config::Approval;
  using gv::config::Scheduling;
  CHECK(say.policy ==
        gv::config::ToolPolicy{Approval::deny, true, true, Scheduling::silent, 100ms});
  const McpServer& files = config.tools.mcp_servers.at("files");
  CHECK(files.child.argv == std::vector<std::string>{"npx", "-y", "server"});
  CHECK(files.tools == std::vector<std::string>{"read", "odd name"});
  CHECK(files.policy == gv::config::ToolPolicy{});
  CHECK(config.tools.mcp_servers.at("home").url == "http://[::1]:80/mcp");
  CHECK(config.tools.mcp_servers.at("home").policy.time_limit == 10min);
}

TEST_CASE("the program of a command") {
  CHECK(of_argv("[/usr/bin/say, \"{text}\"]").empty());
  for (const char* program : {"./say", "bin/say", "../say"}) {
    CAPTURE(program);
    CHECK(of_argv("[" + std::string(program) + ", \"{text}\"]") ==
          in_front("5:14", "commands.x.argv: \"" + std::string(program) +
                               "\" depends on the directory; write a bare name, or a path that "
                               "begins with / or ~/"));
  }
  CHECK(of_argv("['', \"{text}\"]") ==
        in_front("5:14", "commands.x.argv: the program's name is empty"));
  CHECK(of_argv("say") == in_front("5:13", "commands.x.argv: write a list, e.g. [first, second]"));
  CHECK(said("tools: {commands: {x: {}}}") ==
        in_front("1:20", "commands.x: has no description; the model chooses the tool by it") +
            in_front("1:20",
                     "commands.x: has no argv; write the command as a list, e.g. "
                     "[notify-send, \"{text}\"]"));
}

TEST_CASE("never a shell") {
  const std::string code =
      "commands.x.argv: what the model says would be run as code; put the code into a script, and "
      "call that";
  for (const char* argv :
       {"[sh, -c, \"{text}\"]", "[/bin/bash, -c, \"a {text}\"]", "[zsh, -lc, \"{text}\"]",
        "[bash, --norc, -c, 'a \"$1\"', _, \"{text}\"]", "[env, A=b, sh, -c, \"{text}\"]",
        "[sh, \"-c{text}\"]", "[systemd-run, --user, fish, -c, \"{text}\"]",
        "[bash, -o, pipefail, -c, \"{text}\"]", "[busybox, sh, -c, \"{text}\"]",
        "[python3, -c, \"{text}\"]", "[/usr/bin/python3.11, -Ic, \"{text}\"]",
        "[perl, -ne, \"{text}\"]", "[node, --eval, \"{text}\"]",
        "[script, -qc, \"{text}\", /dev/null]", "[su, -c, \"{text}\"]",
        "[setsid, su, user, \"--command={text}\"]", "[ssh, host, say, \"{text}\"]",
        "[timeout, '5', ssh, -p, '22', host, \"{text}\"]"}) {
    CAPTURE(argv);
    CHECK(of_argv(argv).find(code) != std::string::npos);
  }
  CHECK(of_argv("[sh, -c, \"{text}\"]") == in_front("5:22", code));
  for (const char* argv :
       {"[sh, /home/a/script, \"{text}\"]", "[python3, -c, 'print(1)', \"{text}\"]",
        "[notify-send, -c, \"{text}\"]", "[sh, -e, \"/s\", \"{text}\"]",
        "[say, at, ssh, script, -c, \"{text}\"]"}) {
    CAPTURE(argv);
    CHECK(of_argv(argv).empty());
  }
  CHECK(said(command("      approval: allow\n", "[sh, /script, \"{text}\"]")) ==
        in_front("6:17",
                 "commands.x.approval: warning: \"sh\" runs what it is told, here without "
                 "your word; approval: ask shows it to you first"));
  CHECK(said(command("      approval: allow\n")).empty());
}

TEST_CASE("nor what a shell reads") {
  const auto of_input = [](const std::string& argv) {
    return said(command("      input: \"{text}\"\n      approval: allow\n", argv));
  };
  CHECK(of_input("[bash]") ==
        in_front("6:14",
                 "commands.x.input: what the model says would be run as code; put the code into a "
                 "script, and call that"));
  for (const char* argv :
       {"[sh, -s, arg]", "[/bin/bash, -o, pipefail]", "[python3, '-']", "[perl, /dev/stdin]",
        "[env, A=b, python3.11, -I]", "[systemd-run, --user, --pipe, '--', bash]", "[ssh, host]",
        "[ssh, -p, '22', host]", "[su, user]", "[script, file]", "[at, now]"}) {
    CAPTURE(argv);
    CHECK(of_input(argv).find("commands.x.input: what the model says") != std::string::npos);
  }
  for (const char* argv : {"[bash, /script]", "[sh, -c, 'cat >notes']", "[python3, -m, json.tool]",
                           "[ssh, host, cat]", "[setsid, python3, /script]", "[su, -c, tee notes]",
                           "[grep, python]", "[node, -e, code]"}) {
    CAPTURE(argv);
    CHECK_MESSAGE(of_input(argv).empty(), std::string(argv));
  }
}

TEST_CASE("values of the keys of a command") {
  struct Row {
    const char* line;
    std::string expected;
  };
  const std::vector<Row> rows{
      {"time_limit: 50ms", "6:19: time_limit: 50ms is out of range: from 100ms to 10min"},
      {"output_limit: 255",
       "6:21: output_limit: \"255\" is not a whole number from 256 to 1048576"},
      {"output_limit: 16k",
       "6:21: output_limit: \"16k\" is not a whole number from 256 to 1048576"},
      {"approval: alow",
       "6:17: approval: \"alow\" is not ask, allow or deny (did you mean allow?)"},
      {"scheduling: idle", "6:19: scheduling: \"idle\" is not when-idle, silent or interrupt"},
      {"directory: tmp", "6:18: directory: \"tmp\" is not an absolute path; begin it with / or ~/"},
      {"environment: [A, 1B]", "6:24: environment: not a variable; write NAME, or NAME=value"},
      {"environment: [GEMINI_API_KEY]",
       "6:21: environment: GEMINI_API_KEY is the daemon's own and never given to a tool"},
      {"environment: [A=b, WATCHDOG_USEC=1]",
       "6:26: environment: WATCHDOG_USEC is the daemon's own and never given to a tool"},
      {"environment: [LISTEN_FDS, NOTIFY_SOCKET, GOOGLE_API_KEY, CREDENTIALS_DIRECTORY]",
       "6:21: environment: LISTEN_FDS is the daemon's own and never given to a tool"},
      {"remember: sure", "6:17: remember: \"sure\" is not true or false"},
      {"descripton: a", "6:7: descripton: unknown key (did you mean description?)"},
      {"input: [a]", "6:15: input: write one text, not a list"},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.line));
    CAPTURE(row.expected);
    const std::string all = said(command("      " + std::string(row.line) + "\n"));
    const auto key = row.expected.find(": ") + 2;
    CAPTURE(all);
    CHECK(all.starts_with("f:" + row.expected.substr(0, key) + "tools.commands.x." +
                          row.expected.substr(key) + "\n"));
  }
  CHECK(said("tools: {approval_timeout: 1s}") ==
        in_front("1:27", "approval_timeout: 1s is out of range: from 5s to 1h"));
}

TEST_CASE("servers are reached in one way, and offer something") {
  const std::string tools = "      tools: [a]\n";
  CHECK(of_server("      argv: [a]\n" + tools).empty());
  CHECK(of_server("      url: https://a\n" + tools).empty());
  CHECK(of_server(tools) ==
        in_front("3:5",
                 "mcp_servers.s: has neither argv, the command that starts the server, nor "
                 "url"));
  CHECK(of_server("      argv: [a]\n      url: https://a\n" + tools) ==
        in_front("3:5",
                 "mcp_servers.s: has both argv and url; one of them says how to reach the "
                 "server"));
  CHECK(of_server("      argv: [a]\n") ==
        in_front("3:5",
                 "mcp_servers.s.tools: names no tool that the model may call; write their "
                 "names, or [\"*\"] for all of them"));
  CHECK(of_server("      argv: [a]\n      tools: []\n") ==
        in_front("5:14",
                 "mcp_servers.s.tools: names no tool that the model may call; write their "
                 "names, or [\"*\"] for all of them"));
  CHECK(of_server("      argv: [a]\n      tools: [b, \"*\"]\n") ==
        in_front("5:18", "mcp_servers.s.tools: \"*\" means all of them; it stands alone"));
  CHECK(of_server("      argv: [a]\n      token_file: /t\n" + tools) ==
        in_front("5:19", "mcp_servers.s.token_file: goes with url only"));
  CHECK(of_server("      url: https://a\n      environment: [A]\n      directory: /\n" + tools) ==
        in_front("5:21", "mcp_servers.s.environment: goes with argv only") +
            in_front("6:18", "mcp_servers.s.directory: goes with argv only"));
  CHECK(of_server("      argv: [bin/a]\n" + tools) ==
        in_front("4:14",
                 "mcp_servers.s.argv: \"bin/a\" depends on the directory; write a bare "
                 "name, or a path that begins with / or ~/"));
  CHECK(of_server("      url: https://a\n      token_file: t\n" + tools) ==
        in_front("5:19",
                 "mcp_servers.s.token_file: \"t\" is not an absolute path; begin it with / "
                 "or ~/"));
}

TEST_CASE("addresses: https anywhere, http to this machine, no password") {
  const auto of_url = [](const std::string& url) {
    return of_server("      url: '" + url + "'\n      tools: [a]\n");
  };
  for (const char* url : {"https://a.example", "https://a.example:8443/mcp?x=y", "HTTPS://a/",
                          "http://localhost:3000/mcp", "http://127.0.0.1/", "http://[::1]:1/x"}) {
    CAPTURE(url);
    CHECK(of_url(url).empty());
  }
  for (const char* url : {"a.example",
                          "ws://a",
                          "ftp://a",
                          "https://",
                          "https:///x",
                          "https://a b",
                          "https://a/ b",
                          "https://a/#b",
                          "https://u:p@a/",
                          "https://a@b",
                          "https://a:0/",
                          "https://a:65536",
                          "https://a:",
                          "http://a.example/",
                          "http://10.0.0.1",
                          "http://127.evil.example/",
                          "http://localhost.evil/",
                          "http://[::2]/",
                          "https://[::1",
                          "https://a/\xc3\xa4"}) {
    CAPTURE(url);
    CHECK(of_url(url).starts_with("f:4:12: tools.mcp_servers.s.url: "));
  }
  CHECK(of_url("https://user:secret@a").find("secret") == std::string::npos);
  CHECK(of_url("http://a.example/?token=secret").find("secret") == std::string::npos);
}

TEST_CASE("names are told apart, and those in profiles exist") {
  const std::string x = "x: {description: a, argv: [a]}";
  const std::string s = "{argv: [a], tools: [a]}";
  CHECK(said("tools: {commands: {end_session: {description: a, argv: [a]}}}") ==
        in_front("1:20",
                 "commands.end_session: is the name of a tool that is built in; take "
                 "another one"));
  CHECK(said("tools: {mcp_servers: {look_at_screen: " + s + "}}") ==
        in_front("1:23",
                 "mcp_servers.look_at_screen: is the name of a tool that is built in; take "
                 "another one"));
  CHECK(said("tools: {commands: {" + x + "}, mcp_servers: {x: " + s + "}}") ==
        in_front("1:67",
                 "mcp_servers.x: is the name of a command, too; profiles could not tell "
                 "them apart"));
  for (const char* name : {"1a", "-a", "a b", "a.b", "ä", "''"}) {
    CAPTURE(name);
    CHECK(said("tools: {commands: {" + std::string(name) + ": {description: a, argv: [a]}}}")
              .find("is not a usable name: a letter or _, then") != std::string::npos);
  }
  CHECK(good("tools: {commands: {" + std::string(63, 'a') + ": {description: a, argv: [a]}}}")
            .tools.commands.size() == 1);
  CHECK_FALSE(said("tools: {commands: {" + std::string(64, 'a') + ": {description: a, argv: [a]}}}")
                  .empty());
  CHECK(said("tools: {commands: {volume: {description: a, argv: [a]}}}\n"
             "profiles: {a: {tools: [volume, volum, end_sesion]}}\n") ==
        "f:2:32: profiles.a.tools: there is no tool \"volum\" below tools.commands or "
        "tools.mcp_servers, nor is it built in (did you mean volume?)\n"
        "f:2:39: profiles.a.tools: there is no tool \"end_sesion\" below tools.commands or "
        "tools.mcp_servers, nor is it built in (did you mean end_session?)\n");
}

TEST_CASE("counts are bounded") {
  std::string commands = "tools:\n  commands:\n";
  for (int i = 0; i < 129; ++i)
    commands += "    c" + std::to_string(i) + ": {description: a, argv: [a]}\n";
  CHECK(said(commands) == in_front("2:3", "commands: holds 129 tools; at most 128 can be used"));
  std::string words = "[a";
  for (int i = 0; i < 128; ++i)
    words += ",b";
  CHECK(of_argv(words + "]")
            .starts_with("f:5:270: tools.commands.x.argv: the list has more than 128 items\n"));
  CHECK_FALSE(of_argv("[a, " + std::string(8193, 'b') + "]").empty());
}

TEST_CASE("a table whose entries are all commented out is empty") {
  CHECK(good("tools:\n  commands:\n    #x:\n  mcp_servers:\n") == Config{});
}

TEST_CASE("no API key, anywhere") {
  const std::string key = "AIzaSyA1234567890abcdefghijklmnopqrstuv";
  for (const std::string& text :
       {command("      input: " + key + "\n"), command("", "[say, " + key + "]"),
        command("      environment: [A=" + key + "]\n"),
        command("", "[say]", "{a: {type: string, default: " + key + "}}"),
        command("", "[say]", "{a: {type: string, " + key + ": 1}}"),
        command("", "[say]", "{" + key + ": {type: string}}"),
        command("", "[say]", "{a: {type: string, enum: [[" + key + "]]}}"),
        command("", "[say]", key),
        "tools: {mcp_servers: {s: {url: 'https://a?k=" + key + "', tools: [a]}}}",
        "tools: {commands: {" + key + ": {}}}", "tools: {commands: {x: " + key + "}}"}) {
    CAPTURE(text);
    CHECK_FALSE(load(text, "f").ok());
    CHECK(said(text).find("an API key does not belong in this file") != std::string::npos);
    CHECK(said(text).find(key.substr(4, 12)) == std::string::npos);
  }
}
