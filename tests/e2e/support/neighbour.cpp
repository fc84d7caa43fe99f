#include "tests/e2e/support/neighbour.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gv::e2e {

Neighbour::Neighbour(const SessionBus& bus, const std::string& program,
                     const std::vector<std::string>& flags) {
  const path fifo = dir_ / "commands";
  // For reading, too: so it opens before the other end does.
  if (::mkfifo(fifo.c_str(), 0600) != 0 || (to_ = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC)) < 0) {
    throw std::system_error(errno, std::generic_category(), fifo);
  }
  std::vector<std::string> command{program};
  command.insert(command.end(), flags.begin(), flags.end());
  process_ = std::make_unique<Process>(command, bus.environment(), fifo);
  hears("ready");
}

Neighbour::~Neighbour() {
  ::close(to_);
}

std::string Neighbour::hears(const std::string& text) {
  std::string all;
  std::size_t at = 0;
  std::size_t end = 0;
  require("a neighbour says: " + text, [this, &text, &all, &at, &end] {
    all = process_->output();
    at = all.find(text, seen_);
    end = at == std::string::npos ? at : all.find('\n', at);
    return end != std::string::npos;
  });
  seen_ = end + 1;
  const std::size_t begin = all.rfind('\n', at) + 1;
  return all.substr(begin, end - begin);
}

void Neighbour::does(const std::string& command) {
  const std::string line = command + '\n';
  if (::write(to_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    throw std::system_error(errno, std::generic_category(), command);
  }
  hears("done");
}

}  // namespace gv::e2e
