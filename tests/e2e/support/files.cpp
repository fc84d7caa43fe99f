#include "tests/e2e/support/files.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <system_error>

#include <sys/stat.h>

namespace gv::e2e {

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "gv-e2e-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), pattern);
  }
  name_ = pattern;
}

TempDir::~TempDir() {
  if (std::getenv("GV_KEEP") != nullptr) {
    std::cerr << "kept: " << name_.string() << '\n';
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(name_, ignored);
}

std::string read_file(const path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();  // what ends while it is read, as a process does, ends there
  return content.str();
}

void write_file(const path& file, std::string_view content, unsigned mode) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out || ::chmod(file.c_str(), mode) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot write " + file.string());
  }
}

std::vector<std::int16_t> read_samples(const path& file) {
  const std::string bytes = read_file(file);
  std::vector<std::int16_t> samples(bytes.size() / sizeof(std::int16_t));
  std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(std::int16_t));
  return samples;
}

void write_samples(const path& file, std::span<const std::int16_t> samples) {
  std::string bytes(samples.size_bytes(), '\0');
  std::memcpy(bytes.data(), samples.data(), bytes.size());
  write_file(file, bytes);
}

}  // namespace gv::e2e
