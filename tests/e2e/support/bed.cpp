#include "tests/e2e/support/bed.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "tests/e2e/support/sound_server.hpp"

namespace gv::e2e {
namespace {

class KernelBed final : public Bed {
 public:
  std::string playback_device() const override { return "hw:Speaker,0"; }
  std::string capture_device() const override { return "hw:Mic,1"; }
  std::string listening_device() const override { return "hw:Speaker,1"; }
  std::string speaking_device() const override { return "hw:Mic,0"; }
  unsigned speaking_rate() const override { return 16000; }

  Environment environment() const override {
    return {{"HOME", dir_.name().string()},
            {"XDG_RUNTIME_DIR", dir_.name().string()},
            {"XDG_CONFIG_HOME", (dir_ / "config").string()},
            {"XDG_STATE_HOME", (dir_ / "state").string()}};
  }

  bool playback_in_use() const override { return open("/proc/asound/Speaker/pcm0p/sub0/status"); }
  bool capture_in_use() const override { return open("/proc/asound/Mic/pcm1c/sub0/status"); }
  bool exact() const override { return true; }

 private:
  static bool open(const char* status) { return !read_file(status).starts_with("closed"); }

  TempDir dir_;
};

std::string_view kind() {
  const char* name = std::getenv("GV_BED");
  return name == nullptr ? "pulse" : name;
}

}  // namespace

bool on_kernel() {
  return kind() == "kernel";
}

bool virtual_time() {
  return std::getenv("GV_VIRTUAL_TIME") != nullptr;
}

std::unique_ptr<Bed> make_bed(unsigned speaker_rate) {
  if (on_kernel()) return std::make_unique<KernelBed>();
  if (kind() == "pipewire") return make_pipewire_bed(speaker_rate);
  if (kind() == "pulse") return make_pulseaudio_bed(speaker_rate);
  throw std::runtime_error("GV_BED is " + std::string(kind()) +
                           ", which is none of pulse, pipewire and kernel.");
}

}  // namespace gv::e2e
