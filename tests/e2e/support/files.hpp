// Temporary folders and whole files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gv::e2e {

using std::filesystem::path;

// A folder of its own under $TMPDIR, removed with everything in it at the end of the scope.
// GV_KEEP in the environment leaves it there, for a look at what a failed test left behind.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const path& name() const { return name_; }
  path operator/(std::string_view file) const { return name_ / file; }

 private:
  path name_;
};

std::string read_file(const path& file);  // empty where there is none
void write_file(const path& file, std::string_view content, unsigned mode = 0600);

// Raw S16LE mono.
std::vector<std::int16_t> read_samples(const path& file);
void write_samples(const path& file, std::span<const std::int16_t> samples);

}  // namespace gv::e2e
