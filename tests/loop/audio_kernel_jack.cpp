// Headphones, by a card's jack controls: on a kernel card with a control of the test's own.
#include <memory>
#include <stdexcept>

#include <alsa/asoundlib.h>
#include <doctest/doctest.h>

#include "tests/loop/audio_bench.hpp"
#include "tests/loop/audio_kernel.hpp"

using namespace gv;
using namespace gv::test;

namespace {

// A switch of the card that tells whether something is plugged in, until it is destroyed.
class Jack {
 public:
  explicit Jack(const char* name) {
    if (snd_ctl_open(&control_, "hw:Speaker", 0) < 0) throw std::runtime_error("no card");
    snd_ctl_elem_id_malloc(&id_);
    snd_ctl_elem_id_set_interface(id_, SND_CTL_ELEM_IFACE_CARD);
    snd_ctl_elem_id_set_name(id_, name);
    snd_ctl_elem_info_t* info = nullptr;
    snd_ctl_elem_info_alloca(&info);
    snd_ctl_elem_info_set_id(info, id_);
    if (snd_ctl_add_boolean_elem_set(control_, info, 1, 1) < 0)
      throw std::runtime_error("no control");
  }
  ~Jack() {
    snd_ctl_elem_remove(control_, id_);
    snd_ctl_elem_id_free(id_);
    snd_ctl_close(control_);
  }
  Jack(const Jack&) = delete;
  Jack& operator=(const Jack&) = delete;

  void plug(bool in) {
    snd_ctl_elem_value_t* value = nullptr;
    snd_ctl_elem_value_alloca(&value);
    snd_ctl_elem_value_set_id(value, id_);
    snd_ctl_elem_value_set_boolean(value, 0, in ? 1 : 0);
    REQUIRE(snd_ctl_elem_write(control_, value) >= 0);
  }

 private:
  snd_ctl_t* control_ = nullptr;
  snd_ctl_elem_id_t* id_ = nullptr;
};

bool headphones() {
  Bench bench;
  REQUIRE(bench.open_playback(speaker));
  return bench.log.playback_info.headphones;
}

}  // namespace

TEST_CASE("a jack with something in it, with nothing in it, and none at all") {
  CHECK_FALSE(headphones());
  {
    Jack jack("Headphone Jack");
    CHECK_FALSE(headphones());
    jack.plug(true);
    CHECK(headphones());
    Jack front("Front Headset Jack");
    CHECK(headphones());
    jack.plug(false);
    CHECK_FALSE(headphones());
    front.plug(true);
    CHECK(headphones());
  }
  Jack microphone_jack("Headset Mic Jack");
  microphone_jack.plug(true);
  Jack phantom("Front Headphone Phantom Jack");
  phantom.plug(true);
  CHECK_FALSE(headphones());
}

// A jack that is pulled loses no device: nothing opens anew.
TEST_CASE("plugged in and pulled out while the speaker is in use") {
  Jack jack("Headphone Jack");
  Bench bench;
  REQUIRE(bench.open_playback(speaker));
  CHECK_FALSE(bench.log.playback_info.headphones);
  const std::uint64_t wakeups = bench.engine->counters().wakeups;
  jack.plug(true);
  REQUIRE(bench.until([&bench] { return bench.log.plugs == std::vector{true}; }));
  jack.plug(false);
  REQUIRE(bench.until([&bench] { return bench.log.plugs == std::vector{true, false}; }));
  CHECK(bench.engine->counters().wakeups < wakeups + 20);  // and it does not spin
}
