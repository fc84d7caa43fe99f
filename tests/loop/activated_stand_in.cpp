// A daemon in a process of its own, slow to own its name: activated_stand_in FOLDER. It waits for a
// byte in FOLDER/go, then serves, with a tool that asks, and writes the calls it gets of the talk
// key and for tools to FOLDER/calls, a line each. It ends with the bus.
#include <fstream>
#include <string>

#include <asio/io_context.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "tests/loop/bus_support.hpp"

int main(int, char** argv) {
  const std::string folder = argv[1];
  const int go = ::open((folder + "/go").c_str(), O_RDONLY | O_CLOEXEC);
  char byte = 0;
  if (::read(go, &byte, 1) != 1) return 1;
  std::ofstream calls(folder + "/calls");
  asio::io_context io;
  gv::test::ScriptedControl control;
  control.requests = {{"call-1", "note", "touch\n'/tmp/a note'"}};
  control.on_call = [&calls](const std::string& call) {
    if (call.starts_with("talk") || call.starts_with("answer_tool")) calls << call << std::endl;
  };
  const gv::bus::Service service(io, control, [&io](const std::string&) { io.stop(); });
  io.run();
  return 0;
}
