#include "ctl/output.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <sys/ioctl.h>
#include <unistd.h>

namespace gv::ctl {

void print_raw(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EPIPE) throw OutputClosed{};
      throw std::system_error(errno, std::generic_category(), "cannot write the output");
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void print(std::string_view line) {
  print_raw(std::string(line) + '\n');
}

void print(const boost::json::object& object) {
  print(boost::json::serialize(object));
}

void complain(std::string line) {
  line += '\n';
  // A closed stderr leaves the exit code to tell.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

bool output_is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}

unsigned terminal_columns() {
  winsize size{};
  constexpr unsigned usual = 80;
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

bool output_has_colour() {
  const char* no_color = std::getenv("NO_COLOR");
  return output_is_terminal() && (no_color == nullptr || *no_color == '\0');
}

std::string printable(std::string_view text, bool keep_lines) {
  std::string clean;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (c == 0xC2 && next >= 0x80 && next < 0xA0) {  // U+0080 to U+009F: control characters, too
      clean += ' ';
      ++i;
    } else if ((c < 0x20 && !(keep_lines && (c == '\n' || c == '\t'))) || c == 0x7F) {
      clean += ' ';
    } else {
      clean += text[i];
    }
  }
  return clean;
}

}  // namespace gv::ctl
