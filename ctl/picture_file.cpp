#include "ctl/picture_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "ctl/problem.hpp"
#include "daemon/desktop/picture_kind.hpp"
#include "daemon/desktop/picture_limits.hpp"

namespace gv::ctl {
namespace {

using desktop::File;

// "-" is standard input.
class Source {
 public:
  Source(const std::string& verb, const std::string& name)
      : verb_(verb), name_(name == "-" ? "standard input" : name) {}

  [[noreturn]] void fail(const std::string& why, const std::string& advice) const {
    throw Problem(Exit::failed, verb_, name_ + ": " + why, advice);
  }
  [[noreturn]] void fail() const { fail(std::strerror(errno), "another file"); }

 private:
  std::string verb_;
  std::string name_;
};

[[noreturn]] void too_large(const Source& source) {
  source.fail("more than " + std::to_string(desktop::picture_input_bytes >> 20) + " MiB",
              "a smaller image");
}

// The daemon is given what has an end.
File read_all(const Source& source, const File& stream) {
  File memory(::memfd_create("gemini-voicectl", MFD_CLOEXEC));
  if (memory.get() < 0) source.fail();
  std::array<char, 65536> buffer{};
  std::size_t size = 0;
  while (true) {
    const ssize_t got = ::read(stream.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) source.fail();
    if (got == 0) return memory;
    size += static_cast<std::size_t>(got);
    if (size > desktop::picture_input_bytes) too_large(source);
    for (std::string_view rest(buffer.data(), static_cast<std::size_t>(got)); !rest.empty();) {
      const ssize_t written = ::write(memory.get(), rest.data(), rest.size());
      if (written < 0) source.fail();
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }
}

}  // namespace

PictureFile open_picture(const std::string& verb, const std::string& name) {
  const Source source(verb, name);
  File file(name == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                        : ::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts {};
  if (file.get() < 0 || ::fstat(file.get(), &facts) != 0) source.fail();
  if (S_ISDIR(facts.st_mode)) source.fail("it is a folder", "an image in it");
  if (!S_ISREG(facts.st_mode)) {
    file = read_all(source, file);
    if (::fstat(file.get(), &facts) != 0) source.fail();
  }
  if (facts.st_size == 0) source.fail("it is empty", "an image");
  if (static_cast<unsigned long long>(facts.st_size) > desktop::picture_input_bytes) {
    too_large(source);
  }
  std::array<char, desktop::picture_kind_bytes> beginning{};
  const ssize_t got = ::pread(file.get(), beginning.data(), beginning.size(), 0);
  if (got < 0 || ::lseek(file.get(), 0, SEEK_SET) != 0) source.fail();
  const auto kind = desktop::picture_kind({beginning.data(), static_cast<std::size_t>(got)});
  if (kind == desktop::PictureKind::none) {
    source.fail("not an image that can be shown", "PNG, JPEG, GIF, WebP or BMP");
  }
  return {std::move(file), std::string(desktop::mime_type(kind))};
}

}  // namespace gv::ctl
