// A daemon that is slow to own its name, for bus_activation_test: activated_stand_in FOLDER. It
// waits for a byte in FOLDER/go, then serves, and writes the calls it gets to FOLDER/calls, a line
// each. It ends with the bus.
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
  control.on_call = [&calls](const std::string& call) {
    if (call.starts_with("talk")) calls << call << std::endl;
  };
  const gv::bus::Service service(io, control, [&io](const std::string&) { io.stop(); });
  io.run();
  return 0;
}
